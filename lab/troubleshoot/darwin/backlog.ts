import type { Counters } from '../../../system/counters.ts';
import { parseInterfaceTcp } from '../../../system/darwin/interface-tcp.ts';
import { type ListenQueue, parseListenQueue } from '../../../system/darwin/listen-queues.ts';
import { parseTcpStatistics } from '../../../system/darwin/tcp-statistics.ts';
import { DARWIN } from '../../laws/queue-model/darwin-counters.ts';
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

const QUEUES = 'netstat -L -a -n';
// The lines as netstat prints them; without root all of them are 0.
const STATISTICS =
  "netstat -s -p tcp | grep -E 'bad connection attempt|listen queue overflow|connection accept|embryonic|received after close|SYN cookie'";
const LO0 = 'netstat -I lo0 -s -p tcp';
const SYSCTLS = 'sysctl kern.ipc.somaxconn kern.ipc.soqlimitcompat net.inet.tcp.syncookie';

/** 3: has the listen queue been full? */
export const backlogStep: Step = {
  step: 'backlog',
  cause: 'listen-backlog',
  question: 'has the queue of connections that wait for accept been full?',
  commands: ({ port }) => [
    {
      line: QUEUES,
      peak: (text) => parseListenQueue(text, port)?.qlen ?? 0,
      columns: [
        'qlen: connections in the queue, half-open and complete together',
        'incqlen: the half-open ones among them; only these are ever thrown out',
        'maxqlen: the backlog in force; negative: the queue is always full, since somaxconn is above 32767',
      ],
    },
    {
      line: STATISTICS,
      columns: [
        'listen queue overflow: SYN that met a full queue',
        'bad connection attempt: an ACK from somebody thrown out of the queue: answered with a reset',
        'all 0: they take root, as sudo netstat -s -p tcp',
      ],
    },
    {
      line: LO0,
      columns: [
        'SYN with ACK or RST flags: packets over lo0 that met a listener as no SYN does: answered with a reset',
      ],
    },
    {
      line: SYSCTLS,
      columns: [
        'kern.ipc.somaxconn: the upper bound of every backlog, at the time of listen',
        'net.inet.tcp.syncookie: newer releases only; not 0: a full queue is answered with a reset',
      ],
    },
  ],
  conclude(subject, looks) {
    const span = spanOf(looks);
    const queues = queuesOf(looks, subject);
    const statistics = textsOf(looks, STATISTICS).map((text) => parseTcpStatistics(text));
    const grown = growth(statistics);
    const thrown = growth(textsOf(looks, LO0).map((text) => parseInterfaceTcp(text)))(DARWIN.listBadSyn) ?? 0;
    const overflows = grown(DARWIN.listenDrop);
    const bad = Math.max(thrown, grown(DARWIN.badSyn) ?? 0);
    const blind =
      overflows === undefined ? '; TCP statistics read 0 without root (sudo netstat -s -p tcp)' : '';
    const worst = queues.reduce<ListenQueue | undefined>(
      (one, other) => (one && one.qlen - one.maxqlen >= other.qlen - other.maxqlen ? one : other),
      undefined,
    );
    const seen = worst
      ? `${worst.qlen}/${worst.incqlen}/${worst.maxqlen} at the fullest look`
      : 'nobody listens';
    if (worst && worst.maxqlen < 0)
      return pointsAt(
        `points at the backlog: ${worst.maxqlen} is negative, so every SYN is dropped: kern.ipc.somaxconn must stay below 32768`,
      );
    if (bad > 0)
      return pointsAt(
        `points at the listen queue: ${bad} connections thrown out of it, or met no room, and answered with a reset in ${span}; ${seen}${blind}`,
      );
    if (worst && worst.qlen >= worst.maxqlen)
      return pointsAt(
        `points at the listen queue: full, ${seen}: ${worst.incqlen > 0 ? 'each further user throws out a half-open one, which is reset' : 'the server does not accept, and further users wait up to 75 s'}${blind}`,
      );
    if (overflows !== undefined && overflows > 0)
      return pointsAt(`points at the listen queue: ${overflows} overflows in ${span}, ${seen}`);
    if (queues.length === 0)
      return cannotBeSeen(
        `cannot be seen: ${subject.missing ?? 'netstat -L shows no such listener'}${blind}`,
      );
    return refuted(
      `refuted: the queue was not full at any look (${seen})${blind || `, no overflow in ${span}`}`,
    );
  },
};

/** The queue of the server's port at each look. */
export function queuesOf(looks: readonly Look[], { port }: Subject): ListenQueue[] {
  return textsOf(looks, QUEUES).flatMap((text) => parseListenQueue(text, port) ?? []);
}

/** Growth of a counter between the first and the last look; undefined when it was not readable at either. */
function growth(all: readonly (Counters | undefined)[]): (name: string) => number | undefined {
  const [first, last] = [all[0], all.at(-1)];
  return (name) => {
    const [from, to] = [first?.[name], last?.[name]];
    return from === undefined || to === undefined ? undefined : to - from;
  };
}
