import { release } from 'node:os';
import { defined } from '../../common/defined.ts';
import type { ObservedLine, ServerSample } from '../../protocol/observer-events.ts';
import type { Counters } from '../../system/counters.ts';
import { type Evidence, noEvidence } from '../evidence/evidence.ts';
import { settingsSchema } from '../settings/schema.ts';
import type { Look } from './step.ts';
import type { Subject } from './subject.ts';

/** What one look shows; absent: it does not show it. */
export interface Sight {
  /** Since boot. */
  counters: Counters;
  sysctls: Record<string, string>;
  /** The backlog in force. */
  backlog?: number | undefined;
  /** Descriptors of the server, numbered below its limit. */
  descriptors?: number | undefined;
  /** The server's process; its state is `gone` when there is none any more. */
  process?: Pick<ObservedLine, 'state' | 'cpuMs' | 'rss' | 'threads'> | undefined;
  /** Absent queues: nobody listens. */
  queue: Pick<ObservedLine, 'acceptQueue' | 'listenQueue'>;
  /** `drops` as the listener counts them, from its beginning. */
  connections: Pick<ServerSample, 'connections' | 'closedFirst' | 'waiting' | 'drops'>;
}

/** The looks as the watcher of `diagnose` would have written them. `nofile` is the server's limit, where that is known. */
export function evidenceOf(
  { os, server, port, listening }: Subject,
  looks: readonly Look[],
  sights: readonly Sight[],
  nofile: number | undefined,
): Evidence {
  // No robots of ours.
  const evidence = noEvidence({
    host: { os, kernel: release(), node: process.version },
    runtime: 'native',
    driver: 'none',
    exclusive: false,
    asked: { ...settingsSchema.parse({ users: 1, rounds: 0 }), users: 0 },
  });
  const [first, last] = [sights[0], sights.at(-1)];
  if (first === undefined || last === undefined) return evidence;
  const { sysctls, backlog, connections } = first;
  // By how much one has grown is known only where it could be read to the end.
  const counters = Object.fromEntries(
    Object.entries(first.counters).filter(([name]) => name in last.counters),
  );
  const used = sights.find(({ descriptors }) => descriptors !== undefined)?.descriptors;
  const holder =
    server && used !== undefined && nofile !== undefined
      ? {
          ...{ pid: server.pid, name: server.name, user: -1 },
          ...{ nofileSoft: nofile, nofileHard: nofile, descriptors: [...Array(used).keys()] },
        }
      : undefined;
  evidence.observer.before = {
    event: 'snapshot',
    at: looks[0]?.at ?? 0,
    when: 'before',
    counters,
    sysctls,
    ...defined({
      process: holder,
      server: listening
        ? { port, addresses: [], unseen: [], holders: holder ? [holder] : [], ...defined({ backlog }) }
        : undefined,
    }),
    cost: { cpuMicros: 0, wallMs: 0, samples: 0 },
  };
  evidence.observer.series = sights.map((sight, index): ObservedLine => {
    const sample = { state: '?', ...sight.process, ...defined({ descriptors: sight.descriptors }) };
    const { drops } = sight.connections;
    return {
      event: 'observed',
      at: looks[index]?.at ?? 0,
      ...sample,
      ...sight.queue,
      deltas: grownSince(counters, sight.counters),
      server: {
        holders: server ? { [server.pid]: sample } : {},
        ...sight.connections,
        ...defined({
          drops:
            drops === undefined || connections.drops === undefined
              ? undefined
              : Math.max(0, drops - connections.drops),
        }),
      },
    };
  });
  const gone = evidence.observer.series.find(({ state }) => /^(?:gone|Z|X)$/.test(state));
  const livesOn = looks.at(-1)?.pids.some((pid) => pid !== server?.pid && looks[0]?.pids.includes(pid));
  // How it ended its parent alone was told.
  if (gone && !livesOn) evidence.gateway.exit = { at: gone.at, code: null, signal: null, output: '' };
  return evidence;
}

function grownSince(before: Counters, now: Counters): Counters {
  const growth = Object.entries(now).map(([name, value]) => [name, value - (before[name] ?? value)] as const);
  return Object.fromEntries(growth.filter(([, by]) => by !== 0));
}

/** Sockets of the server's port from rows counted by state, on either system. */
export function connectionsIn(text: string): { connections: number; closedFirst: number } {
  const sum = (state: RegExp) =>
    [...text.matchAll(/^\s*(\d{1,9}) (\S+)$/gm)]
      .filter(([, , name = '']) => state.test(name))
      .reduce((total, [, number]) => total + Number(number), 0);
  // Whoever has such a socket has sent its FIN first (RFC 9293, 3.3.2).
  return { connections: sum(/^ESTAB/), closedFirst: sum(/^(?:FIN.WAIT|TIME.WAIT|CLOSING$)/) };
}
