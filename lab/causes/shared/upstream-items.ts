import { count } from '../../../common/format.ts';
import type { ConnectError } from '../../../protocol/upstream-events.ts';
import type { UpstreamFacts, Want } from '../../facts/facts.ts';
import { byEnds, type Facts, type Item, item, type Signs, uncounted, undecided, unread } from './cause.ts';

/** What the causes share in which a server is the client of another one. */

/** How many of our users the server could not serve for want of this. */
export function failedFor({ failed, upstream }: Facts, want: Want): number {
  if (upstream === undefined) return 0;
  let number = 0;
  for (const user of failed) if (upstream.wantOf(user) === want) number += 1;
  return number;
}

const ERRORS: Record<Want, readonly ConnectError[]> = {
  port: ['EADDRNOTAVAIL'],
  accepting: ['ECONNREFUSED'],
  room: ['EAGAIN', 'ETIMEDOUT', 'ECANCELED'],
};

const SAYS: Record<ConnectError, string> = {
  EADDRNOTAVAIL: 'failed for want of a local port',
  ECONNREFUSED: 'received RST for an answer',
  EAGAIN: 'found the queue of a UNIX socket full',
  ETIMEDOUT: 'had no answer until the kernel gave up',
  ECANCELED: 'had no answer until the server gave up',
};

/** How the server's connections to its upstreams ended, as the kernel traced them; none without the trace. */
export function connectItems({ upstream }: Facts, want: Want): Item[] {
  if (upstream === undefined || !upstream.traced) return [];
  const { connects, to } = upstream;
  const told = ERRORS[want].filter((error) => (connects[error] ?? 0) > 0);
  if (told.length === 0) {
    const [error = 'ECONNREFUSED'] = ERRORS[want];
    return [
      item(
        'connect(2)',
        `connect(2) ${error}`,
        0,
        0,
        `no connection of the server to another one ${SAYS[error]}`,
      ),
    ];
  }
  return told.map((error) => {
    const number = connects[error] ?? 0;
    const says = `${count(number, 'connection')} of the server ${SAYS[error]}${placesOf(to[want])}`;
    return item('connect(2)', `connect(2) ${error}`, 0, number, says);
  });
}

/** `: 127.0.0.1:9000 and 3 more` */
export function placesOf(places: readonly string[]): string {
  const [first, ...more] = places;
  if (first === undefined) return '';
  return `: ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`;
}

/**
 * By the ends of connections that failed for it. If none did although connections to an upstream failed, the question is left open: a
 * server may try again, or answer with an error and keep the connection.
 */
export function upstreamSigns(facts: Facts, want: Want, items: Item[]): Signs {
  const { upstream, descriptors } = facts;
  if (upstream === undefined && descriptors === undefined)
    return uncounted(undecided([unread('upstream sockets', 'connections of the server to others')]));
  const ends = upstream?.ends[want] ?? [];
  if (ends.length === 0 && upstream && couldHaveFailed(upstream, want))
    return uncounted(undecided([...items, untold]));
  return byEnds(ends, [...items, ...inVainItems(upstream?.inVain[want])]);
}

/** Users who received an error for an answer, or no answer. */
function inVainItems(inVain: UpstreamFacts['inVain'][Want]): Item[] {
  if (inVain === undefined) return [];
  const { members, bytes, others } = inVain;
  const answered = members.filter((one) => one.bytes > 0).length;
  const unanswered = members.length - answered;
  const who =
    others > 0
      ? `${count(others, 'other')} received a different one`
      : 'the server reached no upstream in that time';
  const says = [
    ...(answered > 0
      ? [`${count(answered, 'connection')} received one answer, of ${bytes} bytes; ${who}`]
      : []),
    ...(unanswered > 0
      ? [`${count(unanswered, 'connection')} received no answer before the client left`]
      : []),
  ];
  return [item('ledger', 'answered in vain', 0, members.length, says.join('; '))];
}

function couldHaveFailed({ connects, full }: UpstreamFacts, want: Want): boolean {
  const told = ERRORS[want].some((error) => error !== 'ECANCELED' && (connects[error] ?? 0) > 0);
  return told || full.some(({ kind }) => (kind === 'port' ? 'port' : 'room') === want);
}

const untold = item(
  'connections',
  'failed by it',
  0,
  0,
  'no user connection ended by it: the server tried again, or answered with an error (502), which only users see: --load',
);
