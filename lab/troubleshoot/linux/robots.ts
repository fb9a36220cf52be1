import { parseSysctls } from '../../../system/darwin/sysctls.ts';
import { busyOf } from '../life.ts';
import { concludeLoad } from '../load-generator.ts';
import { cannotBeSeen, type Step, type Subject, textsOf } from '../step.ts';
import { fileCommands, usageOf } from './files.ts';
import { livesOf, statCommand } from './lives.ts';

const RANGE = 'net.ipv4.ip_local_port_range';

const sockets = ({ prefix, port }: Subject) =>
  `${prefix}ss -tanH 'dport = :${port}' | awk '{ sub(/:[0-9]+$/, "", $4); print $1, $4, $5 }' | sort | uniq -c`;
const range = ({ prefix }: Subject) => `${prefix}sysctl ${RANGE}`;

/** 5: is it the load generator that is at its limit? */
export const robotsStep: Step = {
  step: 'robots',
  cause: 'robots-limit',
  question: 'is whoever makes the load itself at a limit?',
  commands: (subject) => [
    {
      line: sockets(subject),
      needsRoot: subject.locked,
      columns: [
        'first: how many sockets of clients on this machine, each with a local port of its own',
        'second: their state; TIME-WAIT holds its port for 60 s, SYN-SENT waits for the server',
        'third: their address; fourth: the server: ports are counted for each pair of the two',
      ],
    },
    {
      line: range(subject),
      needsRoot: subject.locked,
      columns: ['lowest and highest local port that connect(2) takes by itself'],
    },
    ...(subject.robots ? [...fileCommands(subject.robots), statCommand(subject.robots.pid)] : []),
  ],
  conclude(subject, looks) {
    const { robots, port } = subject;
    if (subject.locked)
      return cannotBeSeen(
        'cannot be seen: the server is in another network namespace, which needs root to enter',
      );
    const pairs = textsOf(looks, sockets(subject)).map(portsOf);
    const taken = Math.max(0, ...pairs.flatMap((one) => Object.values(one)));
    const sum = (one: Record<string, number>) =>
      Object.values(one).reduce((total, number) => total + number, 0);
    const text = parseSysctls(textsOf(looks, range(subject)).at(-1) ?? '')[RANGE];
    const [, low, high] = /^(\d+)\s+(\d+)$/.exec(text ?? '') ?? [];
    const all = low !== undefined && high !== undefined ? Number(high) - Number(low) + 1 : undefined;
    return concludeLoad(
      {
        robots,
        usage: robots && usageOf(looks, robots),
        ports: { taken, all },
        sockets: Math.max(0, ...pairs.map(sum)),
        busy: robots && busyOf(livesOf(looks, robots.pid)),
      },
      port,
    );
  },
};

/** Local ports taken, by address and server, from the counted lines. */
export function portsOf(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [, number, pair] of text.matchAll(/^\s*(\d+) \S+ (\S+ \S+)$/gm))
    found[pair as string] = (found[pair as string] ?? 0) + Number(number);
  return found;
}
