import { defined } from '../../../common/defined.ts';
import { parseLaunchctlLimit, parseUlimit } from '../../../system/darwin/machine.ts';
import { parseInterfaceTcp, parseTcpStatistics } from '../../../system/darwin/netstat-statistics.ts';
import { parseInterfaces, parseListenQueue } from '../../../system/darwin/netstat-tables.ts';
import { parseDescriptors, parsePs } from '../../../system/darwin/process-listings.ts';
import { parseSysctls } from '../../../system/sysctls.ts';
import { overflowItem, refusedItem, shapeItem } from '../../causes/shared/darwin-queue.ts';
import type { Facts } from '../../facts/facts.ts';
import { connectionsIn, evidenceOf, type Sight } from '../looks-to-evidence.ts';
import { readLife, readLoad, readMachine, readStill, type Usage } from '../own-readings.ts';
import {
  cannotBeSeen,
  itemsText,
  type Look,
  OWN,
  pointsAt,
  type Reading,
  refuted,
  type System,
  textsOf,
} from '../step.ts';
import { type Subject, type Watched, whoIs } from '../subject.ts';
import { darwinCommands, FIRST, LAST, LINES } from './darwin-commands.ts';

/** What the commands of macOS show. Not run on macOS. */
export const darwin: System = {
  commands: darwinCommands,

  evidence(subject, looks) {
    const usage = subject.server && usageOf(looks, subject.server);
    const statOf = subject.server && processAt(looks, subject.server);
    return evidenceOf(
      subject,
      looks,
      looks.map((look) => sightOf(subject, look, usage?.limit, statOf?.(look))),
      Number.isFinite(usage?.limit) ? usage?.limit : undefined,
    );
  },

  readings(subject, looks, evidence, facts) {
    const { server, robots, port } = subject;
    const reports = looks.map(({ said }) => said.get(LINES.reports)?.out.split('\n')[0]);
    const crash = reports.at(-1);
    const range = parseSysctls(textsOf(looks, LINES.range).at(-1) ?? '');
    const all = Number(range[LAST]) - Number(range[FIRST]) + 1;
    const taken = textsOf(looks, LINES.ports).map(Number).filter(Number.isInteger);
    const counted = textsOf(looks, LINES.clients(subject)).map((text) =>
      [...text.matchAll(/^\s*(\d+) \w+$/gm)].reduce((sum, [, number]) => sum + Number(number), 0),
    );
    const statOf = robots && processAt(looks, robots);
    return {
      interface: defined({ conclusion: readStill(facts) }),
      descriptors: readDescriptors(subject, looks, facts),
      backlog: readQueue(facts),
      'time-out or panic': readLife(subject, looks, evidence, facts, {
        crash: server && crash?.startsWith(server.name) && crash !== reports[0] ? crash : undefined,
      }),
      robots: {
        conclusion: readLoad(
          {
            robots,
            usage: robots && usageOf(looks, robots),
            ports:
              taken.length === 0
                ? undefined
                : { taken: Math.max(...taken), all: Number.isInteger(all) ? all : undefined },
            sockets: Math.max(0, ...counted),
            cpu: looks.map((look) => ({ at: look.at, ...statOf?.(look) })),
          },
          port,
        ),
      },
    };
  },
};

function sightOf(subject: Subject, look: Look, limit: number | undefined, process: Sight['process']): Sight {
  const { server, port } = subject;
  const text = (line: string) => look.said.get(line)?.out ?? '';
  const queue = parseListenQueue(text(LINES.queue), port);
  const waiting = queue ? Math.max(0, queue.qlen - queue.incqlen) : 0;
  const counted = look.said.get(LINES.connections(subject));
  return {
    counters: {
      ...parseInterfaces(text(LINES.devices)),
      ...parseTcpStatistics(text(LINES.statistics)),
      ...parseInterfaceTcp(text(LINES.lo0)),
    },
    sysctls: parseSysctls(text(LINES.sysctls)),
    descriptors:
      server &&
      parseDescriptors(text(LINES.descriptors(server)))?.filter((number) => number < (limit ?? 0)).length,
    process,
    queue: {
      ...defined({ listenQueue: queue }),
      // Without its heading nothing was seen; with it, that nobody listens.
      ...(queue || !text(LINES.queue).includes('Local Address') ? { acceptQueue: waiting } : {}),
    },
    connections: { ...(counted?.err === '' ? connectionsIn(counted.out) : {}), waiting },
  };
}

/** The process at a look. A pid that was given to another process since is gone. */
function processAt(looks: readonly Look[], watched: Watched): (look: Look) => Sight['process'] {
  // `Tue Nov 24 03:08:27 2026`, as lstart has it in the C locale.
  const begunOf = (text: string) => /\w{3} +\w{3} +\d+ +[\d:]+ +\d{4}/.exec(text)?.[0];
  const begun = textsOf(looks, LINES.begun(watched))
    .map(begunOf)
    .find((text) => text !== undefined);
  return ({ said }) => {
    const one = said.get(LINES.stat(watched));
    if (one === undefined || one.code === null || one.code > 1) return undefined;
    const now = begunOf(said.get(LINES.begun(watched))?.out ?? '') ?? begun;
    if (one.out.trim() === '' || now !== begun) return { state: 'gone' };
    const { state, cpuMs, rss } = parsePs(one.out) ?? {};
    return state === undefined ? undefined : { state, ...defined({ cpuMs, rss }) };
  };
}

/** No counter of macOS shows the connections that a full process throws away: only that it is full can be said. */
function readDescriptors({ server }: Subject, looks: readonly Look[], { descriptors }: Facts): Reading {
  const machine = parseSysctls(textsOf(looks, LINES.perProcess).at(-1) ?? '');
  const whole = readMachine(
    Number(machine['kern.num_files']),
    Number(machine['kern.maxfiles']),
    'kern.maxfiles',
  );
  if (whole) return { conclusion: whole };
  const usage = server && usageOf(looks, server);
  if (server === undefined || usage === undefined) return {};
  const { used, limit, limitFrom } = usage;
  if (!Number.isFinite(limit))
    return {
      conclusion: cannotBeSeen(`${used} descriptors in use, of an unknown limit; name it with --nofile`),
    };
  return defined({
    note: limitFrom,
    conclusion: descriptors?.full
      ? pointsAt(
          `the descriptors of ${whoIs(server)}${OWN}: all ${limit} in use: accept(2) fails with EMFILE, and macOS then resets the connection that it would have returned`,
        )
      : undefined,
  });
}

/** By the facts of macOS's one queue: without users the causes are judged by what Linux shows. */
function readQueue({ darwin: queue }: Facts): Reading {
  if (queue === undefined) return {};
  const { capacity, stuck, evicting, overflows = 0, refused, fullest } = queue;
  const seen = fullest ? `${fullest.qlen}/${fullest.incqlen}/${fullest.maxqlen} at the fullest look: ` : '';
  const says = `${seen}${shapeItem(queue).says}; ${itemsText([overflowItem(queue), refusedItem(queue)])}`;
  if (capacity === 0 || stuck || evicting || overflows > 0 || (refused?.count ?? 0) > 0)
    return { conclusion: pointsAt(`the listen queue${OWN}: ${says}`) };
  if (fullest === undefined)
    return {
      conclusion: cannotBeSeen(
        `netstat -L shows no such listener; ${itemsText([overflowItem(queue), refusedItem(queue)])}`,
      ),
    };
  return { conclusion: refuted(`${OWN}: ${says}`) };
}

/**
 * Descriptors in use, and the limit: the one that was named for the process, else the known limit that is used up, else the lowest limit
 * that the numbers of its descriptors leave possible. Undefined when the process could not be read.
 */
function usageOf(looks: readonly Look[], watched: Watched): Usage | undefined {
  const lists = textsOf(looks, LINES.descriptors(watched))
    .map((text) => parseDescriptors(text) ?? [])
    .filter((numbers) => numbers.length > 0);
  if (lists.length === 0) return undefined;
  const highest = Math.max(...lists.map((numbers) => numbers.at(-1) as number));
  const bounds = watched.nofile === undefined ? knownLimits(looks) : [[watched.nofile, ''] as const];
  // A descriptor numbered at a limit or above shows that the process has another limit.
  const [limit, from] = bounds.find(([value]) => value > highest) ??
    bounds.at(-1) ?? [Number.POSITIVE_INFINITY, ''];
  const used = Math.max(...lists.map((numbers) => numbers.filter((number) => number < limit).length));
  return {
    used,
    limit,
    ...(from === '' ? {} : { limitFrom: `${from}; macOS shows its own limit to nobody else` }),
  };
}

/** Lowest first. */
function knownLimits(looks: readonly Look[]): (readonly [number, string])[] {
  const last = (line: string) => textsOf(looks, line).at(-1) ?? '';
  const all: [number | undefined, string][] = [
    [parseUlimit(last(LINES.own)), `by \`${LINES.own}\` of this shell`],
    [parseLaunchctlLimit(last(LINES.launchd))?.soft, `by \`${LINES.launchd}\``],
    [Number(parseSysctls(last(LINES.perProcess))['kern.maxfilesperproc']), 'by kern.maxfilesperproc'],
  ];
  return all
    .filter((one): one is [number, string] => one[0] !== undefined && Number.isFinite(one[0]))
    .sort(([a], [b]) => a - b);
}
