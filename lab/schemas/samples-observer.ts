import { z } from 'zod';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import { witness } from './connections-ndjson.ts';
import { schemaOf } from './same-type.ts';
import { observedServer, observedServerState } from './samples-server.ts';
import { failedConnects } from './samples-upstream.ts';
import { macSystem } from './shared-parts.ts';
import { at, count, ms, openWords } from './words.ts';

type Line<Event extends ObserverLine['event']> = Extract<ObserverLine, { event: Event }>;

const counters = z.record(z.string(), z.number());

const snapshot = schemaOf<Line<'snapshot'>>()(
  z.object({
    event: z.literal('snapshot'),
    at,
    when: openWords(['before', 'after']),
    counters: counters.describe(
      'By name: `Tcp …`, `TcpExt …`, `lo rx_dropped`; on macOS `darwin …`. All that lives in the network namespace counts.',
    ),
    sysctls: z
      .record(z.string(), z.string())
      .describe('By kernel name without `net.core.` and `net.ipv4.`; on macOS by their full names.'),
    bootId: z.string().optional().describe('Tells this boot of this kernel from others.'),
    namespaces: z
      .object({ net: z.string(), pid: z.string() })
      .optional()
      .describe('Where the observer is: pids are numbered as there.'),
    system: macSystem.optional(),
    process: z
      .object({
        pid: z.int(),
        nofileSoft: z.int(),
        nofileHard: z.int(),
        descriptors: z.array(z.int()).describe('Their numbers, lowest first.'),
        user: z.int().describe('Its owner; -1: not known.'),
      })
      .optional()
      .describe("The gateway's process; absent: it is gone."),
    drops: count.optional().describe("Packets that the gateway's own listener had dropped by then."),
    server: observedServerState.optional().describe('Of a server that is not ours.'),
    cost: z
      .object({
        cpuMicros: z.number(),
        wallMs: z.number(),
        samples: count,
        rss: count.optional().describe('The most memory that it had, bytes.'),
      })
      .describe('CPU time of the observer itself, µs, over so many ms.'),
  }),
).meta({ id: 'snapshot', description: 'The whole picture, before the load and after it.' });

const observed = schemaOf<Line<'observed'>>()(
  z.object({
    event: z.literal('observed'),
    at,
    descriptors: count.optional().describe('That the gateway holds.'),
    acceptQueue: count.optional().describe('Connections in the accept queue.'),
    listenQueue: z
      .object({ qlen: z.int(), incqlen: z.int(), maxqlen: z.int() })
      .optional()
      .describe('macOS: half-open and complete, half-open, limit, as netstat -L shows them.'),
    state: z.string().describe('Of /proc/PID/stat: `R`, `S`, `T`, `Z`, …; `gone`: there is no such process.'),
    cpuMs: ms.optional().describe('CPU time of the gateway since its start, ms.'),
    wantedMs: ms.optional().describe('Time in which its first thread ran or wanted to, ms.'),
    rss: z.number().optional().describe('Bytes.'),
    threads: count.optional(),
    clientsGone: z
      .object({
        now: count,
        kept: count.describe('For 2 s or more.'),
        unread: count.describe('More than the FIN has not been read.'),
        closed: count.describe('Kept as long, and closed by the server since.'),
      })
      .optional()
      .describe('Connections that their clients have closed, and the server has not.'),
    deltas: counters.describe(
      'Counters that moved since the last line: their growth since the first snapshot.',
    ),
    server: observedServer.optional().describe('Of a server that is not ours.'),
  }),
).meta({ id: 'observed', description: 'The observer, ten times a second or more.' });

const witnessLine = schemaOf<Line<'witness'>>()(
  z.object({
    event: z.literal('witness'),
    at,
    by: witness,
    missing: z.string().optional().describe('Why it cannot tell; absent: it does.'),
    lost: count.describe('Connections, or events, that were lost to it so far.'),
    without: z.array(z.string()).optional().describe('What it cannot tell, one line each.'),
    failedAccepts: z
      .object({ EMFILE: count.optional(), ENFILE: count.optional() })
      .optional()
      .describe('accept(2) that came back without a descriptor, so far.'),
    failedCalls: count.optional().describe('Other calls that came back with EMFILE.'),
    emfileAt: z
      .object({ first: z.number(), last: z.number() })
      .optional()
      .describe('When the first and the last of these came back, ms since the Unix epoch.'),
  }),
).meta({ id: 'witness', description: 'What a witness of connections says of its own work.' });

/** Lines of the observer but those of single connections, and of what macOS printed. */
export const observerLines = [snapshot, observed, witnessLine, failedConnects] as const;
