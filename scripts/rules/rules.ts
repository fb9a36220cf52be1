/** What a rule of `diagnose` rests on, in the table of docs/diagnose-rules.md. */
export interface Rule {
  /** What must be visible. */
  needs: string;
  /** What the rule claims. */
  claims: string;
  /** When the rule leaves the question open. */
  silent: string;
}

const LEDGER = 'the ledger';
const ROBOTS = '`--load`';
const ONLY_ROBOTS = 'without our own robots: only a client can tell';
const ONLY_OWN = 'for a server that is not our gateway: only its own lines show it';

const rule = (needs: string, claims: string, silent: string): Rule => ({ needs, claims, silent });

/** The rule of each cause, in words for people. */
export const RULES: Readonly<Record<string, Rule>> = {
  'loopback-interface': rule(
    "`/proc/net/dev` of the server's network namespace",
    'the interface dropped or damaged packets',
    'where users failed in another way than a time-out',
  ),
  'fd-exhaustion': rule(
    "`/proc/PID/fd` and `limits` of the server's processes",
    'all descriptors in use, and connections that ended or were never accepted at that time',
    'where the processes belong to another user',
  ),
  'listen-backlog': rule(
    `${LEDGER}, drops of the server's own listener`,
    'the accept queue overflowed; its sub-causes say how',
    'where no user failed by it: `contributing`',
  ),
  'app-timeout-or-panic': rule(
    `${LEDGER}, the server's processes`,
    'the server or some of its processes ended, with users',
    'what a server did to its users on purpose while it lived',
  ),
  'betting-herd': rule('lines of our gateway', 'all users acted in the same instant', ONLY_OWN),
  'robots-limit': rule(ROBOTS, 'the load itself had no descriptor, port or time', ONLY_ROBOTS),
  'accept-queue-drop': rule(
    "drops of the server's own listener, its accept queue",
    'handshakes dropped because the queue was full; the queue is empty in between',
    'where the dropped users recovered: `contributing`; where no connection is accepted at all',
  ),
  'accept-queue-reset': rule(
    "drops of the server's own listener, `tcp_abort_on_overflow`",
    'the same, answered with RST',
    'where the sysctl is 0 or cannot be read',
  ),
  'accept-queue-evicted': rule('macOS', 'half-open connections thrown out', 'on Linux: always'),
  'late-reset': rule(
    `${ROBOTS}, drops of the server's own listener`,
    'users reset seconds after their last ACK was dropped',
    ONLY_ROBOTS,
  ),
  'syn-queue': rule(
    "drops of the server's own listener, its accept queue",
    'SYNs dropped while the accept queue had room',
    'where `ss` cannot be run and others listen as well',
  ),
  'slow-accept': rule(
    `${ROBOTS}, CPU time of the server's threads`,
    'requests stay unread while the thread that reads them is at work',
    ONLY_ROBOTS,
  ),
  'tls-handshake': rule(
    `${ROBOTS} over TLS, CPU time of the server's threads`,
    'users give up in the TLS handshake while the server is at work, and the cost of one, measured before, accounts for it',
    'where its processes belong to another user: then nobody knows what a handshake costs',
  ),
  'cpu-quota': rule(
    "`cpu.stat` of the server's cgroup",
    'requests stay unread while the server is throttled',
    'where the cgroup has no quota',
  ),
  'gateway-crash': rule(
    "the server's processes, how they ended",
    'all of them ended by an error of their own, with their users',
    'where nobody saw how they ended: `app-timeout-or-panic`',
  ),
  killed: rule(
    "the server's processes; as root the signal and its sender",
    'a signal ended the server or a worker, with users',
    'where nobody saw the signal: `app-timeout-or-panic`',
  ),
  'gateway-restart': rule(
    "the listener in each sample, the server's processes",
    'nobody listened for a time, users were cut or refused, and the server is back',
    'where the listener stayed open: a reload',
  ),
  'listener-closed': rule(
    "the listener in each sample, the server's processes",
    'the listener is closed for good, while the process and its users live',
    'where the process has ended',
  ),
  'memory-kill': rule(
    "`memory.events` of the server's cgroup",
    'the kernel killed the server for want of memory',
    'where the cgroup cannot be read',
  ),
  'robots-nofile': rule(ROBOTS, 'the load had no descriptor', ONLY_ROBOTS),
  'ephemeral-ports': rule(
    `${ROBOTS}, or the server's own connections to one upstream`,
    'no local port left, for the load or for the server as a client',
    'where the range cannot be read',
  ),
  'reconnect-herd': rule(ROBOTS, 'all users came back in the same instant after they were cut', ONLY_ROBOTS),
  'published-port': rule(
    ROBOTS,
    "docker's proxy accepts for the server, and no longer listens",
    "where the watch is within the server's namespace",
  ),
  'frame-race': rule('lines of our gateway', 'two writers on one connection', ONLY_OWN),
  'message-too-large': rule('lines of our gateway', 'a message above the limit', ONLY_OWN),
  'slow-consumer': rule('lines of our gateway', 'users who read too slowly', ONLY_OWN),
  'close-unread': rule(
    LEDGER,
    'connections closed with data of the user unread: RST in place of FIN',
    'where the user had left first',
  ),
  'tls-tickets-unread': rule(
    'lines of our gateway',
    'clients of TLS 1.3 closed without reading what came after the handshake',
    ONLY_OWN,
  ),
  'connection-cap': rule(
    `${LEDGER}, counts in each sample`,
    'a fixed number of connections stays open, and every further one is closed at once',
    'where users arrive all at once, between two samples',
  ),
  'concurrency-limit': rule(
    `${LEDGER}, the accept queue in each sample`,
    'a fixed number of users is served; further users wait, and one is served for each that leaves',
    'where no user leaves: `--load` lets one go',
  ),
  'not-accepting': rule(
    `${LEDGER}, the accept queue in each sample`,
    'no connection is accepted, though a user has left',
    'where no user leaves: `--load` lets one go',
  ),
  'event-loop-stall': rule(
    `${ROBOTS}, CPU time of the server's threads`,
    'one block, in which no user became open',
    ONLY_ROBOTS,
  ),
  'heartbeat-reaper': rule('lines of our gateway', 'pongs unread after a stall', ONLY_OWN),
  'handshake-timeout': rule(
    LEDGER,
    'connections closed at the same age, before a whole request was sent',
    'where fewer than a few were closed so',
  ),
  'idle-timeout': rule(
    LEDGER,
    'connections that the server closed after the same silence',
    'where silence and age are the same: `insufficient-data`',
  ),
  deadline: rule(
    LEDGER,
    'connections that the server closed at the same age',
    'where silence and age are the same: `insufficient-data`',
  ),
  'keepalive-race': rule(
    `${LEDGER}; with robots their requests`,
    'a request met a close that was under way',
    'where no client sent another request',
  ),
  'packet-filter': rule(
    "counters of the server's network namespace beside its own connections, and the sockets of clients on its machine; as root nft and tracefs",
    "clients that a filter dropped or refused before the server's TCP saw them",
    'where clients are on other machines and no rule counts; without root, where they are refused in another namespace',
  ),
  'descriptor-leak': rule(
    "the states of the server's connections, `/proc/PID/fd`",
    'connections that the client closed and the server never closes (CLOSE_WAIT) fill its descriptors',
    'where the processes belong to another user',
  ),
  'process-limit': rule(
    "`pids.max` of the server's cgroup, RLIMIT_NPROC",
    'no process or thread left for new users',
    'where the cgroup cannot be read',
  ),
  'upstream-refused': rule(
    "the server's own connections to its upstream, traced, and the lengths of its answers",
    'nobody listens behind the proxy',
    'without root; where others answer in its place, and users receive a normal 502, which only users see',
  ),
  'upstream-queue': rule(
    "the server's own connections to its upstream, and that upstream's queue",
    'the queue behind the proxy is full',
    'where the upstream is on another machine',
  ),
  'reverse-path-filter': rule(
    '`TcpExt IPReversePathFilter`',
    'packets dropped because the way back is another link',
    'never more than `contributing` where the packets may be those of others',
  ),
  'conntrack-full': rule(
    '`nf_conntrack_count` and `_max`',
    'no room to track a connection',
    'never more than `contributing`: the machine shares the table',
  ),
  'file-table-full': rule(
    '`/proc/sys/fs/file-nr`',
    'the machine may open no more files',
    'never more than `contributing`: the machine shares the table',
  ),
};
