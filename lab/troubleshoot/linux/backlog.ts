import { parseSysctls } from '../../../system/darwin/sysctls.ts';
import {
  cannotBeSeen,
  type Look,
  pointsAt,
  refuted,
  type Step,
  type Subject,
  spanOf,
  textsOf,
} from '../step.ts';

const COUNTERS = [
  'TcpExtListenOverflows',
  'TcpExtListenDrops',
  'TcpExtTCPReqQFullDrop',
  'TcpExtTCPReqQFullDoCookies',
  'TcpOutRsts',
];
const SYSCTLS = ['net.core.somaxconn', 'net.ipv4.tcp_abort_on_overflow', 'net.ipv4.tcp_syncookies'];

const queue = ({ prefix, port }: Subject) => `${prefix}ss -ltn 'sport = :${port}'`;
// -s: without it nstat writes a history file.
const counters = ({ prefix }: Subject) => `${prefix}nstat -asz ${COUNTERS.join(' ')}`;
const sysctls = ({ prefix }: Subject) => `${prefix}sysctl ${SYSCTLS.join(' ')}`;

/** 3: has the listen queue been full? */
export const backlogStep: Step = {
  step: 'backlog',
  cause: 'listen-backlog',
  question: 'has the queue of connections that wait for accept been full?',
  commands(subject) {
    const needsRoot = subject.locked;
    const own = subject.listening
      ? [
          {
            line: queue(subject),
            needsRoot,
            peak: (text: string) => fullestOf(text)?.waiting ?? 0,
            columns: [
              'Recv-Q: of a listener: connections that wait for accept(2)',
              'Send-Q: of a listener: the backlog in force, min(backlog of listen, somaxconn); full is Recv-Q = Send-Q + 1',
            ],
          },
        ]
      : [];
    return [
      ...own,
      {
        line: counters(subject),
        needsRoot,
        columns: [
          'TcpExtListenOverflows: SYN or last ACK that met a full accept queue, of all listeners here, since boot',
          'TcpExtListenDrops: the same and every other loss at a listener',
          'TcpExtTCPReqQFullDrop, …DoCookies: SYN that met a full SYN queue: dropped, or answered with a cookie',
          'TcpOutRsts: resets sent, for whatever reason',
        ],
      },
      {
        line: sysctls(subject),
        needsRoot,
        columns: [
          'somaxconn: the upper bound of every backlog, at the time of listen',
          'tcp_abort_on_overflow: 0: an overflow is silent and the user waits; 1: it is answered with a reset',
          'tcp_syncookies: 1: a full SYN queue drops nobody',
        ],
      },
    ];
  },
  conclude(subject, looks) {
    if (subject.locked)
      return cannotBeSeen(
        'cannot be seen: the server is in another network namespace; the commands as they stand need root',
      );
    const span = spanOf(looks);
    const totals = textsOf(looks, counters(subject)).map(parseNstat);
    const [first, last] = [totals[0], totals.at(-1)];
    const queues = queuesOf(looks, subject);
    if (last === undefined && queues.length === 0)
      return cannotBeSeen('cannot be seen: neither ss nor nstat runs here (apt-get install iproute2)');
    const grown = (name: string) => (last?.[name] ?? 0) - (first?.[name] ?? 0);
    const settings = parseSysctls(textsOf(looks, sysctls(subject)).at(-1) ?? '');
    const aborts = settings['net.ipv4.tcp_abort_on_overflow'] === '1';
    const effect = aborts
      ? 'tcp_abort_on_overflow is 1: these users are reset'
      : 'tcp_abort_on_overflow is 0: these users wait and come again after 1 s, few are reset';
    const worst = queues.reduce<Queue | undefined>(
      (one, other) => (one && one.waiting - one.room >= other.waiting - other.room ? one : other),
      undefined,
    );
    const seen = worst ? `at most ${worst.waiting} seen of ${worst.room} that fit` : 'nobody listens';
    const overflows = grown('TcpExtListenOverflows');
    if (overflows > 0)
      return pointsAt(`points at the accept queue: ${overflows} overflows in ${span}, ${seen}; ${effect}`);
    if (worst && worst.waiting >= worst.room)
      return pointsAt(
        `points at the accept queue: full, ${worst.waiting} of ${worst.room}: the server does not accept; ${effect}`,
      );
    const requests = grown('TcpExtTCPReqQFullDrop');
    if (requests > 0)
      return pointsAt(
        `points at the SYN queue: ${requests} SYN dropped in ${span}, tcp_syncookies is ${settings['net.ipv4.tcp_syncookies'] ?? 'unknown'}: these users wait`,
      );
    if (!subject.listening) return cannotBeSeen(`cannot be seen: ${subject.missing}`);
    const since = last?.TcpExtListenOverflows
      ? ` (${last.TcpExtListenOverflows} before that, since boot)`
      : '';
    const resets = grown('TcpOutRsts');
    const other = resets > 0 ? `; ${resets} resets were sent meanwhile, for other reasons` : '';
    return refuted(`refuted: no overflow in ${span}${since}, ${seen}${other}`);
  },
};

/** The queue of one listener at one look. */
export interface Queue {
  waiting: number;
  /** How many fit: sk_max_ack_backlog + 1 (include/net/sock.h sk_acceptq_is_full). */
  room: number;
}

/** The fullest listener of each look. */
export function queuesOf(looks: readonly Look[], subject: Subject): Queue[] {
  return textsOf(looks, queue(subject)).flatMap((text) => fullestOf(text) ?? []);
}

function fullestOf(text: string): Queue | undefined {
  const rows = [...text.matchAll(/^LISTEN\s+(\d+)\s+(\d+)/gm)];
  const all = rows.map(([, waiting, most]) => ({ waiting: Number(waiting), room: Number(most) + 1 }));
  return all.sort((a, b) => b.waiting - b.room - (a.waiting - a.room))[0];
}

/** `nstat -asz`: a name and a figure a line. */
export function parseNstat(text: string): Record<string, number> {
  const rows = [...text.matchAll(/^(\w+)\s+(\d+)/gm)];
  return Object.fromEntries(rows.map(([, name, value]) => [name as string, Number(value)]));
}
