import { parseListenQueue } from '../../../system/darwin/netstat-tables.ts';
import { logCommands } from '../own-readings.ts';
import type { Command, StepName } from '../step.ts';
import type { Subject, Watched } from '../subject.ts';

export const FIRST = 'net.inet.ip.portrange.first';
export const LAST = 'net.inet.ip.portrange.last';

/** The shell lines, each by what it shows. */
export const LINES = {
  devices: 'netstat -i -b -d -n',
  descriptors: ({ pid }: Watched) => `lsof -nP -p ${pid}`,
  perProcess: 'sysctl kern.maxfilesperproc kern.maxfiles kern.num_files',
  launchd: 'launchctl limit maxfiles',
  own: 'ulimit -n',
  queue: 'netstat -L -a -n',
  // The lines as netstat prints them; without root all of them are 0.
  statistics:
    "netstat -s -p tcp | grep -E 'bad connection attempt|listen queue overflow|connection accept|embryonic|received after close|SYN cookie'",
  lo0: 'netstat -I lo0 -s -p tcp',
  sysctls: 'sysctl kern.ipc.somaxconn kern.ipc.soqlimitcompat net.inet.tcp.syncookie',
  begun: ({ pid }: Watched) => `ps -o pid,ppid,lstart,command -p ${pid}`,
  stat: ({ pid }: Watched) => `ps -o state=,time=,rss=,uid= -p ${pid}`,
  /** Rows of the server, counted by state: the local address ends in its port. */
  connections: ({ port }: Subject) =>
    `netstat -a -n -p tcp | awk '$4 ~ /[.]${port}$/ { print $6 }' | sort | uniq -c`,
  reports: 'ls -t "$HOME/Library/Logs/DiagnosticReports" | head -n 5',
  /** Rows of clients: the foreign address ends in the server's port. */
  clients: ({ port }: Subject) =>
    `netstat -a -n -p tcp | awk '$5 ~ /[.]${port}$/ { print $6 }' | sort | uniq -c`,
  /** Local ports in use from the range's first one up: all destinations share them. */
  ports: `netstat -a -n -p tcp | awk '$6 != "LISTEN" { n = split($4, a, "."); print a[n] }' | sort -nu | awk -v low="$(sysctl -n ${FIRST})" '$1 >= low + 0' | wc -l`,
  range: `sysctl ${FIRST} ${LAST}`,
};

export function darwinCommands(subject: Subject): Record<StepName, Command[]> {
  const { server, robots, port } = subject;
  return {
    interface: [
      {
        line: LINES.devices,
        columns: [
          'Network: the row <Link#…> is the interface itself; the others repeat it for each address',
          'Ipkts, Opkts: packets received and sent since boot',
          'Ierrs, Oerrs: damaged ones; lo0 has no wire, so more than 0 there is a fault of the kernel',
          'Drop: dropped for want of room; a lost SYN is sent again after 1 s, and resets nobody',
        ],
      },
    ],
    // macOS shows nobody the limit of another process.
    descriptors: [
      ...(server ? [descriptorCommand(server)] : []),
      {
        line: LINES.perProcess,
        columns: [
          'kern.maxfilesperproc: the most descriptors of any process, whatever its ulimit',
          'kern.num_files of kern.maxfiles: open files of the whole machine',
        ],
      },
      {
        line: LINES.launchd,
        columns: ['first figure: the soft limit of processes that launchd starts; second: the hard limit'],
      },
      {
        line: LINES.own,
        columns: ['the soft limit of this shell, and of processes started from one like it'],
      },
    ],
    backlog: [
      {
        line: LINES.queue,
        peak: (text) => parseListenQueue(text, port)?.qlen ?? 0,
        columns: [
          'qlen: connections in the queue, half-open and complete together',
          'incqlen: the half-open ones among them; only these are ever thrown out',
          'maxqlen: the backlog in force; if negative, the queue is always full, since somaxconn is above 32767',
        ],
      },
      {
        line: LINES.statistics,
        columns: [
          'listen queue overflow: SYNs that found the queue full',
          'bad connection attempt: ACKs of connections that were thrown out of the queue, each answered with a reset',
          'all 0: they need root, as in sudo netstat -s -p tcp',
        ],
      },
      {
        line: LINES.lo0,
        columns: [
          'SYN with ACK or RST flags: packets over lo0 to a listener that are no SYN, each answered with a reset',
        ],
      },
      {
        line: LINES.sysctls,
        columns: [
          'kern.ipc.somaxconn: the upper bound of every backlog, at the time of listen',
          'net.inet.tcp.syncookie: newer releases only; if not 0, a full queue answers with a reset',
        ],
      },
    ],
    'time-out or panic': [
      ...(server
        ? [
            {
              line: LINES.begun(server),
              columns: [
                'STARTED: if later than the load, it was restarted, and every connection before that was cut',
              ],
            },
            statCommand(server),
          ]
        : []),
      {
        line: LINES.connections(subject),
        columns: [
          'ESTABLISHED: connections of the port; all of them end with the process',
          'FIN_WAIT, TIME_WAIT: the server closed them first',
        ],
      },
      {
        line: LINES.reports,
        columns: ['newest first; a file with the name of the server reports its crash'],
      },
      ...logCommands(subject),
    ],
    robots: [
      {
        line: LINES.clients(subject),
        columns: [
          'first: the number of sockets of clients on this machine; second: their state',
          'TIME_WAIT keeps its port for 30 s; SYN_SENT waits for the server',
        ],
      },
      {
        line: LINES.ports,
        columns: ['the one figure: local ports of the range in use, for any destination: all share them'],
      },
      {
        line: LINES.range,
        columns: [
          'lowest and highest local port that connect(2) chooses by itself: 16384 of them unless changed',
        ],
      },
      ...(robots ? [descriptorCommand(robots), statCommand(robots)] : []),
    ],
  };
}

function descriptorCommand(watched: Watched): Command {
  return {
    line: LINES.descriptors(watched),
    peak: (text) => text.split('\n').length,
    columns: [
      'FD: a number is a descriptor, and the letter its mode (12u); cwd and txt are no descriptors',
      'TYPE: IPv4 and IPv6 are sockets',
    ],
  };
}

function statCommand(watched: Watched): Command {
  return {
    line: LINES.stat(watched),
    columns: [
      'first: state: S and I wait, R runs, U waits for a disk, T is stopped, Z has ended; no line at all: it is gone',
      'second: time on a processor since its start; third: memory in KiB; fourth: its user',
    ],
  };
}
