import { z } from 'zod';
import type { HolderState, ServerSample, ServerState } from '../../protocol/observer-events.ts';
import { schemaOf } from './same-type.ts';
import { upstream } from './samples-upstream.ts';
import { count, ms, openWords } from './words.ts';

const port = z.int();

const holder = schemaOf<HolderState>()(
  z.object({
    pid: z.int(),
    name: z.string(),
    user: z.int().describe('Its owner; -1: not known.'),
    nofileSoft: z.int(),
    nofileHard: z.int(),
    descriptors: z.array(z.int()).describe('Their numbers, lowest first.'),
    parent: z.int().optional(),
  }),
).meta({ id: 'holder', description: 'A process of a server that is not ours.' });

export const observedServerState = schemaOf<ServerState>()(
  z.object({
    port,
    addresses: z.array(z.string()).describe('What it listens on; `*`: every address.'),
    backlog: z.int().optional().describe('The least of its listeners, as somaxconn has bounded it.'),
    holders: z.array(holder),
    others: z
      .array(port)
      .optional()
      .describe('Other ports of its network namespace that somebody listens on.'),
    otherAddresses: z.array(z.string()).optional().describe('Where other servers listen on the same port.'),
    interfaces: z.record(z.string(), z.array(z.string())).optional().describe('Addresses by interface.'),
    unseen: z.array(z.string()).describe('What could not be seen, and how to see it, one line each.'),
  }),
).meta({ id: 'server-state', description: 'What a server that is not ours is.' });

const holderNow = z.object({
  state: z.string().describe('Of /proc/PID/stat; `gone`: there is no such process.'),
  descriptors: count.optional(),
  cpuMs: ms.optional(),
  wantedMs: ms.optional(),
  rss: z.number().optional().describe('Bytes.'),
  threads: count.optional(),
  ended: z
    .object({ code: z.int().nullable(), signal: z.string().nullable() })
    .optional()
    .describe('Its wait status while it is a zombie.'),
});

const tasks = z.object({
  by: openWords(['pids.max', 'RLIMIT_NPROC']),
  where: z.string().describe('Folder of the cgroup, or `user UID`.'),
  limit: z.int().optional(),
  used: count.optional(),
  refused: count.optional().describe('Forks refused in this cgroup since the first line.'),
});

const rule = z.object({
  at: z.string().describe('`inet filter input, handle 5`.'),
  does: z.string().describe('`drop`, `reject`, `reject with tcp reset`.'),
  packets: count.optional().describe('Packets that it has turned away.'),
});

export const observedServer = schemaOf<ServerSample>()(
  z.object({
    holders: z.record(z.string(), holderNow).describe('By pid.'),
    joined: z.array(holder).optional().describe('Processes that have joined it since the last line.'),
    left: z.array(z.int()).optional().describe('Pids that held its listener, and live on without it.'),
    reopened: z.literal(true).optional().describe('All its listeners were closed, and opened again.'),
    connections: count.optional().describe('Complete, accepted or not.'),
    sockets: count.optional().describe('In any state but LISTEN and TIME_WAIT.'),
    stayed: count.optional().describe('Connections that were there at the last count.'),
    held: count.optional().describe('Connections that accept(2) has taken.'),
    heldStayed: count.optional().describe('Those that it had taken by the last count as well.'),
    unread: count.optional().describe('Connections of which something lies unread.'),
    unreleased: count
      .optional()
      .describe('Those that their clients have left, and the server has not closed.'),
    starved: z.array(port).optional().describe("Clients' ports of which something has lain unread for long."),
    readLate: count.optional().describe('How many of those have been read since the last look.'),
    readers: z
      .object({ busyMs: ms, ofMs: ms })
      .optional()
      .describe('The threads that would read: how long they ran or wanted to, of how long, ms.'),
    waiting: count.optional().describe('Connections in its accept queues.'),
    came: z.array(port).optional().describe("Clients' ports that were not there at the last count."),
    taken: z.array(port).optional().describe("Clients' ports that accept(2) has taken since then."),
    closedFirst: count.optional().describe('Connections that the server closed first (TIME_WAIT).'),
    drops: z.int().optional().describe('Packets that its listeners have dropped since the first line.'),
    oomKills: z
      .int()
      .optional()
      .describe('Processes killed in its cgroup for want of memory since the first line.'),
    throttledMs: ms
      .optional()
      .describe('For how long a CPU quota has held it back since the first line, ms.'),
    upstream: upstream.optional(),
    tasks: z
      .array(tasks)
      .optional()
      .describe('What bounds its processes and threads, where that has changed.'),
    closed: count.optional().describe('Listeners of the last line that are gone.'),
    filter: z
      .array(rule)
      .optional()
      .describe('Rules of netfilter that turn packets of its port away, where they have changed.'),
    otherEnds: z
      .object({ gone: count, there: count })
      .optional()
      .describe(
        'Connections whose other end is on this machine: gone so far, and there, where that has changed.',
      ),
    unmet: z
      .object({
        unheard: count.describe('Their SYN was sent again, and the server has nothing of them.'),
        syns: count.describe('SYNs that these have sent.'),
        refused: count.describe('Answered by an RST while a listener of the server was there.'),
        early: count.describe('Ended without an answer of TCP.'),
      })
      .optional()
      .describe('Connects of this machine that did not become a connection.'),
    conntrack: z
      .object({ count, max: z.int(), dropped: count, early: count })
      .optional()
      .describe("The kernel's table of tracked connections, where it has changed."),
    fileTable: z
      .object({ used: count, max: z.number() })
      .optional()
      .describe('Files that are open on this machine, and how many there may be.'),
  }),
).meta({ id: 'server', description: 'What a server that is not ours shows.' });
