/**
 * Where each figure is read, as it is printed: on Linux, and on a Mac where that has another source (lab/evidence/darwin). The command
 * that reads it by hand, if any, is in lab/diagnose/shell-commands.ts.
 */
const PRINTED = {
  robots: ['robots'],
  settings: ['settings'],
  law: ['law'],
  observer: ['observer'],
  clocks: ['clocks'],
  'the kernel': ['the kernel'],
  'the server': ['the server'],
  'gateway lines': ['gateway stdout'],
  'gateway lines and robots': ['gateway stdout + robots'],
  process: ['process'],
  'OOM kills': ['cgroup'],
  'CPU quota': ['cpu.stat'],
  'task limit': ['pids.current of the cgroup, /proc/<pid>/limits'],
  trace: ['tracefs tcp:tcp_send_reset'],
  'published port': ['/proc/net/tcp of the host'],
  'descriptors of the proxy': ['/proc/<docker-proxy>/fd'],
  descriptors: ['/proc/<pid>/fd', 'lsof -nP -p <pid>'],
  'descriptors and robots': [
    '/proc/<pid>/fd at rest + robots open',
    'lsof -nP -p <pid> at rest + robots open',
  ],
  stat: ['/proc/<pid>/stat', 'ps -p <pid>'],
  schedstat: ['/proc/<pid>/schedstat', 'ps -p <pid>'],
  'accept queue': ['/proc/<pid>/net/tcp', 'netstat -L -a -n'],
  connections: ['/proc/<pid>/net/tcp', 'netstat -L -a -n'],
  'connections left': ['/proc/<pid>/net/tcp', 'netstat -a -n'],
  'connect(2)': ['tracefs sys_exit_connect, inet_sock_set_state'],
  'upstream sockets': ['/proc/<pid>/net/tcp, /proc/<pid>/fd'],
  'upstream queue': ['ss -lx, ss -ltn'],
  ledger: ['the kernel on each connection (ss -E)'],
  'ledger with tracefs': ['the kernel on each connection (ss -E, tracefs)'],
  listeners: ['/proc/<pid>/net/tcp', 'netstat -L -a -n'],
  'filter rules': ['nft list ruleset'],
  'other ends': ['/proc/<pid>/net/tcp of both ends'],
  "clients' sockets": ['/proc/<pid>/net/tcp of the clients, ss -E'],
  'connects with tracefs': ['tracefs tcp:tcp_receive_reset, tcp:tcp_send_reset'],
  'packets to the namespace': ['/proc/<pid>/net/snmp'],
  'connection tracking': ['/proc/net/stat/nf_conntrack'],
  'trace of accept': ['tracefs syscalls:sys_exit_accept4'],
  'open files': ['/proc/sys/fs/file-nr'],
  interfaces: ['/proc/<pid>/net/dev', 'netstat -i -d -n'],
  'drops beyond overflows': ['/proc/<pid>/net/netstat', 'netstat -s -p tcp'],
  'TCP of macOS': ['netstat -s -p tcp'],
  'TCP of macOS on lo0': ['netstat -I lo0 -s -p tcp'],
  'listen queue of macOS': ['netstat -L -a -n'],
} as const satisfies Record<string, readonly [linux: string, darwin?: string]>;

/** What a figure was read from: a counter of the kernel (`TcpExt ListenOverflows`), a sysctl (`net.core.somaxconn`), or one of these. */
export type Reading = keyof typeof PRINTED | { counter: string } | { sysctl: string };

/** The source of a figure as it is printed. */
export function sourceOf(reading: Reading, darwin = false): string {
  if (typeof reading === 'string') {
    const [onLinux, onDarwin = onLinux]: readonly [string, string?] = PRINTED[reading];
    return darwin ? onDarwin : onLinux;
  }
  if ('sysctl' in reading) return `/proc/sys/${reading.sysctl.split('.').slice(0, -1).join('/')}`;
  if (darwin) return 'netstat -s -p tcp';
  return `/proc/<pid>/net/${reading.counter.startsWith('TcpExt ') ? 'netstat' : 'snmp'}`;
}
