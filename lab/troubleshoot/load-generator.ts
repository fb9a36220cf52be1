import { concludeDescriptors, type Usage } from './descriptors.ts';
import { type Conclusion, cannotBeSeen, pointsAt, refuted, type Watched } from './step.ts';

/** The load generator as seen on this machine. */
export interface Load {
  robots: Watched | undefined;
  usage: Usage | undefined;
  /** Local ports that it takes towards the server: the most of one source address, of how many there are. */
  ports: { taken: number; all: number | undefined } | undefined;
  /** Sockets towards the server, of all states; the most of all looks. */
  sockets: number;
  /** Part of one processor, 0 to 1 and more. */
  busy: number | undefined;
}

/** Judges whether whoever makes the load is itself at a limit. */
export function concludeLoad({ robots, usage, ports, sockets, busy }: Load, port: number): Conclusion {
  if (ports && ports.all !== undefined && ports.taken >= ports.all)
    return pointsAt(
      `points at the robots' ports: all ${ports.all} local ports are taken: connect() fails with EADDRNOTAVAIL, and the server never hears of it`,
    );
  const who = robots && `the load generator ${robots.name} (pid ${robots.pid})`;
  const files =
    who && usage
      ? concludeDescriptors(who, usage, 'socket() fails with EMFILE, and the server never hears of it')
      : undefined;
  if (files?.verdict === 'points-at') return files;
  if (who && busy !== undefined && busy >= 0.9)
    return pointsAt(
      `points at the robots' processor: ${who} used ${Math.round(busy * 100)} % of one: times that it measures are its own`,
    );
  if (sockets === 0 && robots === undefined)
    return cannotBeSeen(
      `cannot be seen: no client of port ${port} on this machine: the load is over, or comes from another machine: look there, or name it with --robots <pid>`,
    );
  const of = ports?.all === undefined ? '' : ` of ${ports.all}`;
  const told = ports ? `${ports.taken}${of} local ports taken` : 'local ports not counted';
  if (files === undefined)
    return cannotBeSeen(
      `cannot be seen whole: ${told}, but not whose they are: run as root or as the robots' user, or name them with --robots <pid>`,
    );
  return refuted(`${files.conclusion}; ${told}`);
}
