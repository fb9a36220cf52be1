import { DARWIN } from '../laws/queue-model/darwin-counters.ts';
import { CAUSES } from '../verdict/registry.ts';
import { numberOf, queueOf, synTimesOf } from './column-limits.ts';
import type { Column, ColumnGroup, System } from './comparison-document.ts';
import { type Figure, figureText, most, sum } from './number-or-range.ts';

/** What a column shows about a rule; undefined: nothing, so there is no difference to name. */
type Says = (column: Column) => string | undefined;

/** A way in which the two kernels differ, and its sources. */
interface Rule {
  what: string;
  says: Says | Record<System, Says>;
  /** Does it show in these two? Called when both columns show something. */
  shows?: (linux: Column, macos: Column) => boolean;
  why: string;
  sources: string[];
}

const QUEUE_CAUSES = new Set<string>(
  CAUSES.filter(({ id, under }) => id === 'listen-backlog' || under === 'listen-backlog').map(({ id }) => id),
);

/** Failed users that are attributed to the listen queue. */
function turnedAway({ causes }: Column): Figure {
  return sum(causes.filter(({ cause }) => QUEUE_CAUSES.has(cause)).map(({ users }) => users));
}

function withoutDescriptor({ causes }: Column): Figure {
  return causes.find(({ cause }) => cause === 'fd-exhaustion')?.users ?? 0;
}

/** Users with this outcome. */
function fared({ users }: Column, is: (group: ColumnGroup) => boolean): Figure {
  const all = sum(users.by.filter(is).map(({ count }) => count));
  // The ranges of groups that exclude each other do not add up.
  return typeof all === 'number' ? all : { ...all, to: Math.min(all.to, most(users.failed)) };
}

/** `12 users had none`; undefined of nobody. */
function usersText(users: Figure, what: string): string | undefined {
  return most(users) > 0 ? `${figureText(users)} users${what}` : undefined;
}

function counted({ counters }: Column, name: string): string {
  const figure = counters[name];
  return figure === undefined ? 'not read' : figureText(figure);
}

function grew({ counters }: Column, ...names: string[]): boolean {
  return names.some((name) => most(counters[name] ?? 0) > 0);
}

const waited = (column: Column) => (column.waited === null ? 'an unknown number' : figureText(column.waited));

/** The differences between Linux and macOS that a run can show. */
export const RULES: readonly Rule[] = [
  {
    what: 'a user that finds the queue full is reset on macOS, and waits on Linux',
    says: {
      linux: (column) =>
        grew(column, 'TcpExt ListenOverflows', 'TcpExt ListenDrops')
          ? `${counted(column, 'TcpExt ListenOverflows')} packets dropped (TcpExt ListenOverflows): ${waited(column)} users connected after 0.9 s or more, ${figureText(turnedAway(column))} failed at the queue`
          : `the queue never overflowed (TcpExt ListenOverflows ${counted(column, 'TcpExt ListenOverflows')})`,
      macos: (column) =>
        `${counted(column, DARWIN.listenDrop)} SYNs found the queue full (listen queue overflows): ${figureText(turnedAway(column))} users failed at it, ${figureText(fared(column, ({ outcome }) => outcome === 'reset'))} in total were reset, ${waited(column)} connected after 0.9 s or more`,
    },
    shows: (_, macos) => most(turnedAway(macos)) > 0,
    why: 'Linux drops the packet, and the client sends it again. macOS makes room for the new SYN by silently throwing out a half-open connection. Its client believes itself connected; its ACK arrives at the listener, which answers with RST.',
    sources: [
      'Linux net/ipv4/tcp_input.c tcp_conn_request',
      'Linux net/ipv4/tcp_minisocks.c tcp_check_req',
      'XNU bsd/netinet/tcp_input.c tcp_input, tcp_dropdropablreq',
    ],
  },
  {
    what: 'eviction of half-open connections',
    says: {
      linux: () => 'none: a connection in the queue stays there',
      macos: (column) =>
        grew(column, DARWIN.badSyn, DARWIN.listBadSyn)
          ? `${counted(column, DARWIN.badSyn)} segments of evicted users answered with RST (bad connection attempts)`
          : undefined,
    },
    why: 'On the loopback of macOS one thread handles all waiting packets, so all SYNs of a burst arrive before the first ACK. Half-open entries pile up, and the oldest are thrown out first. On the loopback of Linux a handshake is complete before connect(2) returns.',
    sources: [
      'XNU bsd/netinet/tcp_input.c tcp_dropdropablreq',
      'XNU bsd/net/dlil_input.c',
      'XNU bsd/netinet/in_pcb.c in_pcblookup_hash',
      'Linux net/core/dev.c process_backlog',
    ],
  },
  {
    what: 'what the listen queue holds',
    says: {
      linux: (column) => {
        const queue = queueOf(column);
        return queue && `${queue.holds} complete, and ${queue.holds} half-open in a second queue`;
      },
      macos: (column) => {
        const queue = queueOf(column);
        return queue && `${queue.holds}, half-open and complete together`;
      },
    },
    why: 'Linux has two queues of min(backlog, somaxconn) + 1 each, since a queue is full only above its limit. macOS has one queue for both, of exactly the limit.',
    sources: [
      'Linux include/net/sock.h sk_acceptq_is_full',
      'Linux include/net/inet_connection_sock.h inet_csk_reqsk_queue_is_full',
      'XNU bsd/kern/uipc_socket2.c sonewconn_internal',
    ],
  },
  {
    what: 'the backlog passed to listen(2), and the limit that the kernel makes of it',
    says: (column) => {
      const queue = queueOf(column);
      return queue && `${queue.backlog} → ${queue.limit} (somaxconn ${queue.somaxconn})`;
    },
    shows: (linux, macos) => queueOf(linux)?.limit !== queueOf(macos)?.limit,
    why: 'somaxconn is 4096 on Linux since 5.4, and 128 on macOS, where only root can change it. A new value counts from the next listen(2).',
    sources: [
      'Linux net/socket.c __sys_listen_socket',
      'XNU bsd/kern/uipc_socket.c solisten',
      'XNU bsd/sys/socket.h SOMAXCONN',
    ],
  },
  {
    what: 'accept(2) without a descriptor',
    says: {
      linux: (column) =>
        usersText(
          withoutDescriptor(column),
          ' had none: the connection stays queued, and is lost because libuv accepts and closes it',
        ),
      macos: (column) =>
        usersText(
          withoutDescriptor(column),
          ' had none: the failed accept(2) itself destroys the first, libuv accepts and closes the others',
        ),
    },
    why: 'Linux allocates the descriptor before it takes the connection from the queue; macOS takes the connection first. With libuv a user is cut either way. With a server that only waits and tries again, as Go does, a user waits on Linux and is cut on macOS.',
    sources: [
      'Linux net/socket.c __sys_accept4_file',
      'XNU bsd/kern/uipc_syscalls.c accept_nocancel',
      'libuv src/unix/stream.c uv__emfile_trick',
    ],
  },
  {
    what: 'FIN and then RST, as the client sees it',
    says: {
      linux: (column) =>
        usersText(
          fared(column, ({ outcome, errno }) => outcome === 'eof' || errno === 'EPIPE'),
          ': end of file to the reader, EPIPE to the writer',
        ),
      macos: (column) =>
        most(withoutDescriptor(column)) > 0
          ? `${figureText(fared(column, ({ errno }) => errno === 'ECONNRESET'))} users: ECONNRESET`
          : undefined,
    },
    why: 'After a FIN Linux turns an RST into EPIPE, and reads give the end of file. macOS turns it into ECONNRESET, and soreceive checks for an error before it checks for the end, even if the end was read before; a write gives EPIPE.',
    sources: [
      'Linux net/ipv4/tcp_input.c tcp_reset',
      'XNU bsd/netinet/tcp_input.c',
      'XNU bsd/kern/uipc_socket.c soreceive',
    ],
  },
  {
    what: 'RST before the client has written',
    says: {
      linux: () => 'ECONNRESET at the write',
      macos: (column) =>
        usersText(
          fared(column, ({ outcome, errno }) => outcome === 'reset' && errno === 'EPIPE'),
          ': EPIPE at the write, and ECONNRESET at the read after it',
        ),
    },
    why: 'macOS checks whether the socket may send before it checks for an error, and leaves the error to the next read. Linux gives the error first.',
    sources: ['XNU bsd/kern/uipc_socket.c sosendcheck', 'Linux net/core/stream.c sk_stream_error'],
  },
  {
    what: 'when a SYN is sent again, s',
    // Only repeats that users wait for.
    says: (column) => {
      const { again, giveUp } = synTimesOf(column);
      const patience = Math.min(giveUp, numberOf(column.settings, 'connect_timeout_ms') ?? giveUp);
      const waits = again.filter((ms) => ms < patience);
      return waits.map((ms) => ms / 1000).join(', ');
    },
    shows: (...columns) => columns.some(({ waited }) => most(waited ?? 0) > 0),
    why: 'macOS waits 1 s five times and then doubles. Linux doubles from the first wait on, after tcp_syn_linear_timeouts waits of 1 s (4 since Linux 6.5).',
    sources: [
      'Linux net/ipv4/tcp_timer.c tcp_retransmit_timer',
      'XNU bsd/netinet/tcp_timer.c tcp_syn_backoff',
    ],
  },
  {
    what: 'when connect(2) gives up',
    says: (column) => `after ${synTimesOf(column).giveUp / 1000} s`,
    shows: (...columns) =>
      columns.some(
        (column) =>
          most(fared(column, ({ stage, errno }) => stage === 'connect' && errno === 'ETIMEDOUT')) > 0,
      ),
    why: 'Linux limits the number of SYNs (tcp_syn_retries), macOS the time (net.inet.tcp.keepinit).',
    sources: ['Linux net/ipv4/tcp_timer.c tcp_write_timeout', 'XNU bsd/netinet/tcp_timer.h TCPTV_KEEP_INIT'],
  },
  {
    what: 'local ports for users',
    says: ({ settings: { ip_local_port_range: range } }) => {
      const [, first, last] = /^(\d+)[\s-]+(\d+)$/.exec(String(range ?? '')) ?? [];
      return first && last && `${Number(last) - Number(first) + 1} (${range})`;
    },
    why: 'On macOS all destinations share the ports; on Linux a port can serve one connection to each destination.',
    sources: ['Linux net/ipv4/af_inet.c inet_init_net', 'XNU bsd/netinet/in_pcb.c in_pcbbind'],
  },
  {
    what: 'descriptors of the server',
    says: ({ settings }) => {
      const nofile = numberOf(settings, 'nofile');
      return nofile === undefined ? undefined : `nofile ${nofile}`;
    },
    why: 'The soft limit is 256 on macOS and 1024 on Linux where nobody raises it. Node and Go raise it themselves; on macOS the smaller of it and kern.maxfilesperproc counts.',
    sources: ['XNU bsd/sys/param.h NOFILE', 'Linux include/uapi/linux/fs.h INR_OPEN_CUR'],
  },
];
