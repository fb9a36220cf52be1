import { logCommands } from '../own-readings.ts';
import type { Command, StepName } from '../step.ts';
import type { Subject, Watched } from '../subject.ts';

const COUNTERS = [
  'TcpExtListenOverflows',
  'TcpExtListenDrops',
  'TcpExtTCPDeferAcceptDrop',
  'TcpExtTCPReqQFullDrop',
  'TcpExtTCPReqQFullDoCookies',
  'TcpPassiveOpens',
  'TcpOutRsts',
];
const SYSCTLS = ['net.core.somaxconn', 'net.ipv4.tcp_abort_on_overflow', 'net.ipv4.tcp_syncookies'];
export const RANGE = 'net.ipv4.ip_local_port_range';

/** The shell lines, each by what it shows. */
export const LINES = {
  devices: ({ netDir }: Subject) => `cat ${netDir}/dev`,
  limit: ({ pid }: Watched) => `grep 'open files' /proc/${pid}/limits`,
  /**
   * RLIMIT_NOFILE bounds the number of a descriptor (fs/file.c alloc_fd). So an inherited descriptor with a higher number uses no place,
   * and is not counted.
   */
  descriptors({ pid, nofile }: Watched): string {
    const low = nofile !== undefined && Number.isFinite(nofile) ? ` | awk '$1 < ${nofile}'` : '';
    return `ls /proc/${pid}/fd${low} | wc -l`;
  },
  machine: 'cat /proc/sys/fs/file-nr',
  queue: ({ prefix, port }: Subject) => `${prefix}ss -ltnm 'sport = :${port}'`,
  // -s: without it nstat writes a history file.
  counters: ({ prefix }: Subject) => `${prefix}nstat -asz ${COUNTERS.join(' ')}`,
  sysctls: ({ prefix }: Subject) => `${prefix}sysctl ${SYSCTLS.join(' ')}`,
  process: ({ pid }: Watched) => `ps -o pid,ppid,stat,lstart,time,nlwp,args -p ${pid}`,
  stat: ({ pid }: Watched) => `cat /proc/${pid}/stat`,
  connections: ({ prefix, port }: Subject) =>
    `${prefix}ss -tanH 'sport = :${port}' | awk '{ print $1 }' | sort | uniq -c`,
  kills: 'grep oom_kill /proc/vmstat',
  clients: ({ prefix, port }: Subject) =>
    `${prefix}ss -tanH 'dport = :${port}' | awk '{ sub(/:[0-9]+$/, "", $4); print $1, $4, $5 }' | sort | uniq -c`,
  range: ({ prefix }: Subject) => `${prefix}sysctl ${RANGE}`,
};

/** Connections that wait at each listener. */
export function waitingIn(text: string): number[] {
  return [...text.matchAll(/^LISTEN\s+(\d{1,9})\s/gm)].map(([, waiting]) => Number(waiting));
}

export function linuxCommands(subject: Subject): Record<StepName, Command[]> {
  const { server, robots, listening, locked: needsRoot } = subject;
  return {
    interface: [
      {
        line: LINES.devices(subject),
        columns: [
          'packets: since the interface came up; received on the left, sent on the right',
          'errs: packets that arrived or left damaged; lo has no wire, so more than 0 there is a fault of the kernel',
          'drop: packets dropped for want of room or memory; a lost SYN is sent again after 1 s, and resets nobody',
        ],
      },
    ],
    descriptors: [
      ...(server ? descriptorCommands(server) : []),
      {
        line: LINES.machine,
        columns: [
          'first: open files of the whole machine',
          'third: fs.file-max; there accept(2) fails with ENFILE in every process',
        ],
      },
    ],
    backlog: [
      ...(listening
        ? [
            {
              line: LINES.queue(subject),
              needsRoot,
              peak: (text: string) => Math.max(0, ...waitingIn(text)),
              columns: [
                'Recv-Q of a listener: connections that wait for accept(2)',
                'Send-Q of a listener: the backlog in force, min(backlog of listen, somaxconn); the queue is full at Recv-Q = Send-Q + 1',
                'skmem, d: packets that this listener has dropped since it was opened',
              ],
            },
          ]
        : []),
      {
        line: LINES.counters(subject),
        needsRoot,
        columns: [
          'TcpExtListenOverflows: SYNs or last ACKs that found an accept queue full, of all listeners here, since boot',
          'TcpExtListenDrops: the same and every other drop at a listener, including TcpExtTCPDeferAcceptDrop, which harms nobody',
          'TcpExtTCPReqQFullDrop, …DoCookies: SYNs that found the SYN queue full: dropped, or answered with a cookie',
          'TcpPassiveOpens: complete handshakes; a few drops among many are made good',
          'TcpOutRsts: resets sent, for any reason',
        ],
      },
      {
        line: LINES.sysctls(subject),
        needsRoot,
        columns: [
          'somaxconn: the upper bound of every backlog, at the time of listen',
          'tcp_abort_on_overflow: at 0 an overflow is silent and the user waits; at 1 it is answered with a reset',
          'tcp_syncookies: at 1 a full SYN queue drops nothing',
        ],
      },
    ],
    'time-out or panic': [
      ...(server
        ? [
            {
              line: LINES.process(server),
              columns: [
                'STAT: the state as below; + in the foreground, l with threads',
                'STARTED: if later than the load, it was restarted, and every connection before that was cut',
                'TIME: time on a processor since then',
                'NLWP: threads',
              ],
            },
            statCommand(server),
          ]
        : []),
      {
        line: LINES.connections(subject),
        needsRoot,
        columns: [
          'ESTAB: connections of the port, including those that wait for accept(2); all of them end with the process',
          'FIN-WAIT, TIME-WAIT: the server closed them first',
        ],
      },
      {
        // mm/oom_kill.c __oom_kill_process counts OOM_KILL.
        line: LINES.kills,
        columns: [
          'oom_kill: processes that the kernel killed for want of memory since boot; none of them logs anything',
        ],
      },
      ...logCommands(subject),
    ],
    robots: [
      {
        line: LINES.clients(subject),
        needsRoot,
        columns: [
          'first: the number of sockets of clients on this machine, each with a local port of its own',
          'second: their state; TIME-WAIT keeps its port for 60 s, SYN-SENT waits for the server',
          'third: their address; fourth: the server; ports are counted for each pair of the two',
        ],
      },
      {
        line: LINES.range(subject),
        needsRoot,
        columns: ['lowest and highest local port that connect(2) chooses by itself'],
      },
      ...(robots ? [...descriptorCommands(robots), statCommand(robots)] : []),
    ],
  };
}

function descriptorCommands(watched: Watched): Command[] {
  return [
    {
      line: LINES.limit(watched),
      columns: [
        'Soft Limit: the limit in force; descriptors are numbered below it',
        'Hard Limit: how far the process may raise that itself; Node and Go do so at start',
      ],
    },
    {
      line: LINES.descriptors(watched),
      columns: ['the one figure: descriptors in use, one for each connection and a few open at start'],
      peak: Number,
    },
  ];
}

function statCommand(watched: Watched): Command {
  return {
    line: LINES.stat(watched),
    columns: [
      'third: state: S waits, R runs, D waits for a disk, T is stopped, Z has ended',
      '14th and 15th: time on a processor in its own code and in the kernel, in 1/100 s',
      '22nd: its start, in 1/100 s since boot; a different figure is a different process',
    ],
  };
}
