import { defined } from '../../../../common/defined.ts';
import type { TracedReset } from '../../../../protocol/trace-events.ts';
import type { End, TraceEvent } from '../../../../system/tracefs/events.ts';

/** A packet is freed right after the reset that answers it, by the same CPU (net/ipv4/tcp_ipv4.c tcp_v4_rcv). */
export const FREED_WITHIN_MS = 10;
/** A socket's own reset is traced only when it has gone (net/ipv4/tcp_output.c tcp_send_active_reset), on loopback arrived. */
const TRACED_WITHIN_MS = 10;
/** Longer than a delayed link holds a reset back: what comes later is not the same one. */
const ARRIVES_WITHIN_MS = 5000;

/**
 * Of a listener that ends a handshake (net/ipv4/tcp_minisocks.c tcp_check_req). Whatever else it answers with RST comes from a
 * peer whose handshake is no more, mostly because of just this: then nobody is left to take the second one.
 */
const EMBRYONIC = 'INVALID_SYN';

const UNTOLD = 'NOT_SPECIFIED';

/**
 * The resets between a gateway and its robots, in the order of their sending: each with the reason for which the kernel
 * dropped the packet that it answers, and with its arrival. A listener sends without naming the peer (`dest=0.0.0.0:0`):
 * there the port is that of the arrival next in order. A reset that arrived and was not seen being sent has no reason.
 * `toEpoch` is added to the trace's times. Events of others on this machine are left out. `placed`: robots come from several addresses,
 * and two may have one port.
 */
export function pairEvents(
  events: readonly TraceEvent[],
  gateway: End,
  toEpoch: number,
  placed = false,
): TracedReset[] {
  const { sent, arrived } = sortOut([...events].sort(earlier), gateway, placed);
  const unseen = withoutPort(sent, withPort(sent, arrived)).map((one) => ({ ...one, receivedAt: one.at }));
  return [...sent.filter(({ sure, receivedAt }) => sure || receivedAt !== undefined), ...unseen]
    .map(({ at, from, port, address, state, reason, drop, receivedAt }: Partial<Sent> & Arrived) => ({
      at: at + toEpoch,
      from,
      ...defined({
        port: port || undefined,
        address: port ? address : undefined,
        state,
        reason,
        drop,
        receivedAt: receivedAt === undefined ? undefined : receivedAt + toEpoch,
      }),
    }))
    .sort(earlier);
}

interface Arrived {
  at: number;
  from: TracedReset['from'];
  port: number;
  address?: string;
}

/** `sure`: an address said that it is this gateway's. */
type Sent = Arrived & Pick<TracedReset, 'state' | 'reason' | 'drop' | 'receivedAt'> & { sure: boolean };

const earlier = (a: { at: number }, b: { at: number }) => a.at - b.at;

/** The gateway's and its robots' own events, each sending with why its packet was dropped. */
function sortOut(
  events: readonly TraceEvent[],
  gateway: End,
  placed: boolean,
): { sent: Sent[]; arrived: Arrived[] } {
  const sent: Sent[] = [];
  const arrived: Arrived[] = [];
  const placeOf = ({ host, port }: End) => ({ port, ...(placed && { address: host }) });
  const answering = new Map<number, { reset: Sent; cpu: number }>();
  for (const event of events) {
    if (event.kind === 'receive') {
      const from = sender(event.remote, event.local, gateway);
      const place = placeOf(from === 'gateway' ? event.local : event.remote);
      if (from) arrived.push({ at: event.at, from, ...place });
      continue;
    }
    if (event.kind !== 'send' && event.kind !== 'drop') continue;
    const answer = answering.get(event.skb);
    // Freed, or its memory in use again: whatever it was before is over.
    answering.delete(event.skb);
    if (event.kind === 'drop') {
      if (answer?.cpu !== event.cpu || event.at - answer.reset.at > FREED_WITHIN_MS) continue;
      if (event.reason !== UNTOLD) answer.reset.drop = event.reason;
      continue;
    }
    const from = sender(event.from, event.to, gateway);
    if (from === undefined) continue;
    const { at, cpu, state, reason } = event;
    const reset: Sent = {
      at,
      from,
      ...placeOf(from === 'gateway' ? event.to : event.from),
      ...defined({ state, reason }),
      sure: isEnd(event.from, gateway) || isEnd(event.to, gateway),
    };
    sent.push(reset);
    answering.set(event.skb, { reset, cpu });
  }
  return { sent, arrived };
}

const keyOf = ({ from, port, address = '' }: Arrived) => `${from} ${address} ${port}`;

/** Joins those whose port is known; gives the arrivals that are left. */
function withPort(sent: readonly Sent[], arrived: readonly Arrived[]): Arrived[] {
  const byPlace = Map.groupBy(sent, keyOf);
  return arrived.filter((one) => {
    const { at } = one;
    const own = byPlace
      .get(keyOf(one))
      ?.find(
        (reset) =>
          reset.receivedAt === undefined &&
          reset.at - at <= TRACED_WITHIN_MS &&
          at - reset.at <= ARRIVES_WITHIN_MS,
      );
    if (own === undefined) return true;
    own.receivedAt = at;
    return false;
  });
}

/** Joins those that a listener sent, in their order; gives the arrivals that are left. */
function withoutPort(sent: readonly Sent[], arrived: readonly Arrived[]): Arrived[] {
  const waiting = sent.filter(({ port }) => port === 0);
  return arrived.filter(({ at, from, ...place }) => {
    const fresh = waiting.findIndex((reset) => at - reset.at <= ARRIVES_WITHIN_MS);
    waiting.splice(0, fresh < 0 ? waiting.length : fresh);
    const mine = (reset: Sent) => reset.from === from && reset.at <= at;
    const own = waiting.find((reset) => reset.reason === EMBRYONIC && mine(reset)) ?? waiting.find(mine);
    if (own === undefined) return true;
    Object.assign(own, { ...place, receivedAt: at });
    waiting.splice(waiting.indexOf(own), 1);
    return false;
  });
}

function sender(from: End, to: End, gateway: End): TracedReset['from'] | undefined {
  if (isEnd(from, gateway)) return 'gateway';
  if (isEnd(to, gateway)) return 'robots';
  // A listener on all addresses has none of its own.
  const listener = from.port === gateway.port && isAny(from.host) && to.port === 0;
  return listener ? 'gateway' : undefined;
}

const isEnd = (end: End, { host, port }: End) => end.port === port && end.host === host;
const isAny = (host: string) => host === '0.0.0.0' || host === '::';
