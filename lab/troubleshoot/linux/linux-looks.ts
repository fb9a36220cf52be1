import { defined } from '../../../common/defined.ts';
import type { ObservedLine } from '../../../protocol/observer-events.ts';
import type { Counters } from '../../../system/counters.ts';
import { parseDevices } from '../../../system/proc/net-counters.ts';
import { parseStat } from '../../../system/proc/stat.ts';
import { parseListenerStats } from '../../../system/ss.ts';
import { parseSysctls } from '../../../system/sysctls.ts';
import { connectionsIn, evidenceOf, type Sight } from '../looks-to-evidence.ts';
import {
  readFull,
  readFullQueue,
  readLife,
  readLoad,
  readMachine,
  readStill,
  type Usage,
} from '../own-readings.ts';
import { cannotBeSeen, type Look, type System, textsOf } from '../step.ts';
import type { Subject, Watched } from '../subject.ts';
import { LINES, linuxCommands, RANGE, waitingIn } from './linux-commands.ts';

/** What the commands of Linux show. */
export const linux: System = {
  commands: linuxCommands,

  evidence(subject, looks) {
    const { server } = subject;
    const statOf = server && processAt(looks, server);
    return evidenceOf(
      subject,
      looks,
      looks.map((look) => sightOf(subject, look, statOf?.(look))),
      server && nofileIn(looks, server),
    );
  },

  readings(subject, looks, evidence, facts) {
    const { robots, port, locked } = subject;
    const [open = 0, , most = Infinity] = (textsOf(looks, LINES.machine).at(-1) ?? '')
      .trim()
      .split(/\s+/)
      .map(Number);
    const pairs = textsOf(looks, LINES.clients(subject)).map((text) => Object.values(portsOf(text)));
    const text = parseSysctls(textsOf(looks, LINES.range(subject)).at(-1) ?? '')[RANGE];
    const [, low, high] = /^(\d+)\s+(\d+)$/.exec(text ?? '') ?? [];
    const statOf = robots && processAt(looks, robots);
    return {
      interface: defined({ conclusion: readStill(facts) }),
      descriptors: defined({ conclusion: readMachine(open, most, 'fs.file-max') ?? readFull(facts) }),
      backlog: defined({ conclusion: readFullQueue(facts, evidence) }),
      'time-out or panic': readLife(subject, looks, evidence, facts, {
        killed: killsIn(looks),
      }),
      robots: {
        conclusion: locked
          ? cannotBeSeen('the server is in another network namespace, which needs root to enter')
          : readLoad(
              {
                robots,
                usage: robots && usageOf(looks, robots),
                ports: {
                  taken: Math.max(0, ...pairs.flat()),
                  all: low && high ? Number(high) - Number(low) + 1 : undefined,
                },
                sockets: Math.max(0, ...pairs.map((all) => all.reduce((sum, number) => sum + number, 0))),
                cpu: looks.map((look) => ({ at: look.at, ...statOf?.(look) })),
              },
              port,
            ),
      },
    };
  },
};

function sightOf(subject: Subject, look: Look, process: Sight['process']): Sight {
  const text = (line: string) => look.said.get(line)?.out ?? '';
  const queue = text(LINES.queue(subject));
  const waiting = waitingIn(queue);
  const listeners = parseListenerStats(queue);
  const dropped = listeners.flatMap(({ drops }) => drops ?? []);
  const counted = look.said.get(LINES.connections(subject));
  return {
    counters: { ...parseDevices(text(LINES.devices(subject))), ...parseNstat(text(LINES.counters(subject))) },
    sysctls: Object.fromEntries(
      Object.entries(parseSysctls(text(LINES.sysctls(subject)))).map(([name, value]) => [
        name.replace(/^net\.(?:core|ipv4)\./, ''),
        value,
      ]),
    ),
    backlog: listeners.length > 0 ? Math.min(...listeners.map(({ backlog }) => backlog)) : undefined,
    descriptors: subject.server && countAt(look, subject.server),
    process,
    // Without ss it is not seen whether somebody listens; its heading alone says that nobody does.
    queue: waiting.length > 0 || !queue.includes('Recv-Q') ? { acceptQueue: Math.max(0, ...waiting) } : {},
    connections: {
      ...(counted?.err === '' ? connectionsIn(counted.out) : {}),
      waiting: waiting.reduce((sum, number) => sum + number, 0),
      ...defined({
        drops: dropped.length > 0 ? dropped.reduce((sum, number) => sum + number, 0) : undefined,
      }),
    },
  };
}

/** What is seen of a process at a look. A pid that was given to another process since is gone. */
function processAt(looks: readonly Look[], watched: Watched): (look: Look) => Sight['process'] {
  const line = LINES.stat(watched);
  const begun = parseStat(textsOf(looks, line)[0] ?? '').start;
  const gone: Pick<ObservedLine, 'state'> = { state: 'gone' };
  return ({ said }) => {
    const { out = '', err = '' } = said.get(line) ?? {};
    if (!out.includes(')')) return /No such file/.test(err) ? gone : undefined;
    const { state, cpuMs, rss, threads, start } = parseStat(out);
    if (!Object.is(start, begun)) return gone;
    const whole = /^[A-Za-z]$/.test(state) && [cpuMs, rss, threads].every(Number.isFinite);
    return whole ? { state, cpuMs, rss, threads } : undefined;
  };
}

function countAt({ said }: Look, watched: Watched): number | undefined {
  const one = said.get(LINES.descriptors(watched));
  // wc prints 0 for a folder that ls may not read.
  return one?.err === '' && /^\s*\d{1,7}\s*$/.test(one.out) ? Number(one.out) : undefined;
}

/** RLIMIT_NOFILE, which is never unlimited (fs.nr_open bounds it: kernel/sys.c do_prlimit): of the last look, since a server may raise it. */
function nofileIn(looks: readonly Look[], watched: Watched): number | undefined {
  const soft = /open files\s+(\d{1,15})\s/.exec(textsOf(looks, LINES.limit(watched)).at(-1) ?? '')?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Descriptors of a process; undefined when it could not be read. */
function usageOf(looks: readonly Look[], watched: Watched): Usage | undefined {
  const limit = nofileIn(looks, watched);
  const counts = looks.flatMap((look) => countAt(look, watched) ?? []);
  return limit === undefined || counts.length === 0 ? undefined : { used: Math.max(...counts), limit };
}

/** Processes killed for want of memory between the looks; 0 where that is not counted. */
function killsIn(looks: readonly Look[]): number {
  const kills = textsOf(looks, LINES.kills).flatMap((text) => /^oom_kill (\d+)/m.exec(text)?.[1] ?? []);
  return Number(kills.at(-1) ?? 0) - Number(kills[0] ?? 0);
}

/** `nstat -asz`: a name and a figure a line, by the names of /proc/net. */
export function parseNstat(text: string): Counters {
  const rows = [...text.matchAll(/^(TcpExt|Tcp)(\w+)\s+(\d+)/gm)];
  return Object.fromEntries(rows.map(([, group, name, value]) => [`${group} ${name}`, Number(value)]));
}

/** Local ports taken, by address and server, from the counted lines. */
export function portsOf(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [, number, pair] of text.matchAll(/^\s*(\d+) \S+ (\S+ \S+)$/gm))
    found[pair as string] = (found[pair as string] ?? 0) + Number(number);
  return found;
}
