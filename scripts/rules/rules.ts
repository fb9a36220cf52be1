/** What a rule of `diagnose` goes by, in the table of docs/diagnose.md. */
export interface Rule {
  /** What must be there to be seen. */
  needs: string;
  /** What it says, and of whom. */
  claims: string;
  /** When it leaves it open. */
  silent: string;
}

const LEDGER = 'the ledger';
const ROBOTS = '`--load`';
const ONLY_ROBOTS = 'without robots of ours: only a client can tell';
const ONLY_OWN = 'of a server that is not our gateway: only its own lines tell';

const rule = (needs: string, claims: string, silent: string): Rule => ({ needs, claims, silent });

/** Each cause's rule, in the words of its users. */
export const RULES: Readonly<Record<string, Rule>> = {
  'loopback-interface': rule(
    '`/proc/net/dev` of its namespace',
    'packets dropped or damaged by the interface',
    'where users failed otherwise',
  ),
  'fd-exhaustion': rule(
    '`/proc/PID/fd` and `limits` of its holders',
    'all descriptors in use, and meanwhile connections that were ended or never taken',
    "where its holders are another user's",
  ),
  'listen-backlog': rule(
    `${LEDGER}, drops of its own listener`,
    'its accept queue overflowed; said by its forms',
    'where nobody was hurt by it: `contributing`',
  ),
  'app-timeout-or-panic': rule(
    `${LEDGER}, its processes`,
    'it ended, or some of its processes, with users in them',
    'of what it did of its own accord and lived',
  ),
  'betting-herd': rule('lines of our gateway', 'all acted in the same instant', ONLY_OWN),
  'robots-limit': rule(ROBOTS, 'the load itself had no descriptor, port or time', ONLY_ROBOTS),
  'accept-queue-drop': rule(
    'drops of its own listener, its queue',
    'handshakes dropped since the queue was full, which runs empty in between',
    'where the dropped users recovered: `contributing`; where nobody is taken out of the queue at all',
  ),
  'accept-queue-reset': rule(
    'drops of its own listener, `tcp_abort_on_overflow`',
    'the same, answered by RST',
    'where the sysctl is 0 or cannot be read',
  ),
  'accept-queue-evicted': rule('macOS', 'half-open connections thrown out', 'on Linux: never'),
  'late-reset': rule(
    `${ROBOTS}, drops of its own listener`,
    'users reset seconds after their last ACK was dropped',
    ONLY_ROBOTS,
  ),
  'syn-queue': rule(
    'drops of its own listener, its queue',
    'SYNs dropped while the accept queue had room',
    'where `ss` cannot be asked and others listen as well',
  ),
  'slow-accept': rule(
    `${ROBOTS}, CPU time of its threads`,
    'requests lie unread while the thread that reads them is at work',
    ONLY_ROBOTS,
  ),
  'cpu-quota': rule(
    '`cpu.stat` of its cgroup',
    'requests lie unread while it is throttled',
    'where its cgroup has no quota',
  ),
  'gateway-crash': rule(
    'its processes, how they ended',
    'all of them ended by an error of their own, with their users',
    'where nobody saw how it ended: `app-timeout-or-panic`',
  ),
  killed: rule(
    'its processes; with root which signal, and from whom',
    'a signal ended it or a worker, with users in it',
    'where nobody saw the signal: `app-timeout-or-panic`',
  ),
  'gateway-restart': rule(
    'its listener in each sample, its processes',
    'nobody listened for a time, users were cut or refused, and it is back',
    'where the listener stayed: a reload',
  ),
  'listener-closed': rule(
    'its listener in each sample, its processes',
    'the listener is gone for good, the process and its users live',
    'where the process has ended',
  ),
  'memory-kill': rule(
    '`memory.events` of its cgroup',
    'the kernel ended it for want of memory',
    'where its cgroup cannot be read',
  ),
  'robots-nofile': rule(ROBOTS, 'the load had no descriptor', ONLY_ROBOTS),
  'ephemeral-ports': rule(
    `${ROBOTS}, or its own connections to one upstream`,
    'no local port left, for the load or for the server as a client',
    'where the range cannot be read',
  ),
  'reconnect-herd': rule(ROBOTS, 'all came back in the same instant after they were cut', ONLY_ROBOTS),
  'published-port': rule(
    ROBOTS,
    "docker's proxy answers for the server",
    'where the watch is within its namespace',
  ),
  'frame-race': rule('lines of our gateway', 'two writers on one connection', ONLY_OWN),
  'message-too-large': rule('lines of our gateway', 'a message beyond its limit', ONLY_OWN),
  'slow-consumer': rule('lines of our gateway', 'users who read too slowly', ONLY_OWN),
  'close-unread': rule(
    LEDGER,
    'closed with something of the user unread: RST in place of FIN',
    'where the user had left before',
  ),
  'connection-cap': rule(
    `${LEDGER}, counts in each sample`,
    'who comes beyond so many is closed at once, and as many stay',
    'where they come at once, between two counts',
  ),
  'concurrency-limit': rule(
    `${LEDGER}, its queue in each sample`,
    'who comes beyond so many waits, and one is taken for each that leaves',
    'where nobody leaves: `--load` lets one',
  ),
  'not-accepting': rule(
    `${LEDGER}, its queue in each sample`,
    'nobody is taken out of its queue, though somebody leaves',
    'where nobody leaves: `--load` lets one',
  ),
  'event-loop-stall': rule(
    `${ROBOTS}, CPU time of its threads`,
    'one block, in which nobody was accepted',
    ONLY_ROBOTS,
  ),
  'heartbeat-reaper': rule('lines of our gateway', 'pongs unread after a stall', ONLY_OWN),
  'handshake-timeout': rule(
    LEDGER,
    'closed at the same age with nothing, or no whole request, sent',
    'where fewer than a few were',
  ),
  'idle-timeout': rule(
    LEDGER,
    'closed by the server after the same silence',
    'where silence and age are the same: `insufficient-data`',
  ),
  deadline: rule(
    LEDGER,
    'closed by the server at the same age',
    'where silence and age are the same: `insufficient-data`',
  ),
  'keepalive-race': rule(
    `${LEDGER}, with robots their requests`,
    'a request met a close that was under way',
    'where nobody asked again',
  ),
  'packet-filter': rule(
    'counters of its namespace beside its own connections, and the sockets of clients on its machine; with root nft and tracefs',
    'clients that a filter dropped or refused before its TCP had them',
    'where the clients are on other machines and no rule counts; of refused ones in another namespace without root',
  ),
  'descriptor-leak': rule(
    'the states of its connections, `/proc/PID/fd`',
    'connections that the client closed and it never did (CLOSE_WAIT) fill its descriptors',
    "where its holders are another user's",
  ),
  'process-limit': rule(
    '`pids.max` of its cgroup, RLIMIT_NPROC',
    'no process or thread for who comes',
    'where its cgroup cannot be read',
  ),
  'upstream-refused': rule(
    'its own connections to its upstream, traced, and the lengths of its answers',
    'nobody listens behind the proxy',
    'without root; where others answer it, and who is told 502 in order is seen by users alone',
  ),
  'upstream-queue': rule(
    'its own connections to its upstream, that queue',
    'the queue behind the proxy is full',
    'where the upstream is on another machine',
  ),
  'reverse-path-filter': rule(
    '`TcpExt IPReversePathFilter`',
    'packets dropped since their way back is another',
    'always `contributing` at most where others may be meant',
  ),
  'conntrack-full': rule(
    '`nf_conntrack_count` and `_max`',
    'no room to track a connection',
    'never more than `contributing`: the table is shared by the machine',
  ),
  'file-table-full': rule(
    '`/proc/sys/fs/file-nr`',
    'the machine has no open file left',
    'never more than `contributing`: the table is shared by the machine',
  ),
};
