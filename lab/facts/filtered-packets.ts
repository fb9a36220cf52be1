import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { UnmetConnects } from '../../protocol/observer-events.ts';
import type { TurningRule } from '../../system/nft-rules.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { lostTo } from '../evidence/ledger/ledger.ts';
import type { ConnectionOf } from './connection-of-user.ts';
import type { Counter } from './counter-growth.ts';
import { failedAt } from './user-groups.ts';

/** Packets that were rejected or dropped before the server's TCP saw them, or answered in its name. */
export interface FilterFacts {
  /** Rules of netfilter for the server's port, also those that are gone by now: how many packets each took since the watch began. */
  rules?: (TurningRule & { turned?: number })[];
  /** Packets taken by rules that count this port's packets alone. */
  turned: number;
  /** IPv4 packets that arrived in the namespace and that no part of it got, nor counted as lost, for any receiver. */
  filtered?: number;
  /** Packets to the server's namespace from addresses to which it has no way back. */
  noWayBack?: number;
  /** The server's open connections whose client on this machine is silently gone; and how many still have theirs. */
  otherEnds?: { gone: number; there: number };
  /** Clients on this machine that tried to connect and got no connection, by their own sockets. */
  unmet?: UnmetConnects;
  /** Clients on this machine that were refused in the server's name by an RST that no TCP had sent; absent where that cannot be known. */
  forgedRefusals?: number;
  /** Clients on this machine without an answer of TCP to their first SYN; no more than the server's namespace sent ICMP errors. */
  unreachable?: number;
  /** Only the run is in the namespace, so all filtered packets there were its own. */
  alone: boolean;
  /** Our robots came over a link; on the loopback the kernel does not check the way back. */
  byLink: boolean;
  /** A listener of the server was closed, and another opened. */
  reopened: boolean;
}

/** Draws them up to `until`, ms. */
export function filterFacts(
  { observer, exclusive, elsewhere, refusals, ledger }: Evidence,
  until: number,
  counter: Counter,
): FilterFacts {
  const looks = observer.series.flatMap(({ at, server }) => (server && at <= until ? server : []));
  const unmet = looks.findLast((look) => look.unmet)?.unmet;
  // A lost event may have been the sending.
  const told = lostTo(ledger, 'tracefs') > 0 ? undefined : refusals?.filter(({ at }) => at <= until);
  const forged = told?.reduce((sum, { forged: list = [] }) => sum + list.length, 0);
  const unanswered = told?.reduce((sum, { unanswered: list = [] }) => sum + list.length, 0) ?? 0;
  // Clients that waited in vain for longer are counted among the latter.
  const early = Math.max(unmet?.early ?? 0, unanswered - (unmet?.unheard ?? 0));
  const rules = rulesOver(looks.flatMap(({ filter }) => (filter ? [filter] : [])));
  return {
    alone: exclusive,
    byLink: elsewhere === true,
    reopened: looks.some(({ reopened }) => reopened === true),
    turned: rules?.reduce((sum, { turned = 0 }) => sum + turned, 0) ?? 0,
    ...defined({
      rules,
      filtered: filteredBy(counter),
      noWayBack: counter('TcpExt IPReversePathFilter'),
      unmet,
      forgedRefusals: forged,
      unreachable: Math.min(early, counter('Icmp OutDestUnreachs') ?? 0),
      otherEnds: mostGone(looks.flatMap(({ otherEnds }) => otherEnds ?? [])),
    }),
  };
}

/** Each rule with the packets that it took; a rule that was added later has counted from 0. */
function rulesOver(looks: readonly TurningRule[][]): FilterFacts['rules'] {
  const [first] = looks;
  if (first === undefined) return undefined;
  const base = new Map(first.map(({ at, packets = 0 }) => [at, packets]));
  const all = new Map<string, TurningRule & { turned?: number }>();
  for (const look of looks)
    for (const rule of look) {
      const turned =
        rule.packets === undefined ? undefined : Math.max(0, rule.packets - (base.get(rule.at) ?? 0));
      all.set(rule.at, { ...rule, ...defined({ turned }) });
    }
  return [...all.values()];
}

/** The counters in which a packet that was not delivered may show (net/ipv4/ip_input.c, ip_forward.c, ip_fragment.c). */
const ELSEWHERE = [
  'Ip ForwDatagrams',
  'Ip InHdrErrors',
  'Ip InAddrErrors',
  'Ip InUnknownProtos',
  'Ip InDiscards',
  'IpExt InNoRoutes',
  'TcpExt IPReversePathFilter',
];

/** Packets that netfilter, or a socket's own filter before it, took: netfilter itself counts nothing. */
function filteredBy(counter: Counter): number | undefined {
  const [came, given] = [counter('Ip InReceives'), counter('Ip InDelivers')];
  if (came === undefined || given === undefined) return undefined;
  const parts = (counter('Ip ReasmReqds') ?? 0) - (counter('Ip ReasmOKs') ?? 0);
  const elsewhere = ELSEWHERE.reduce((sum, name) => sum + (counter(name) ?? 0), parts);
  return Math.max(0, came - given - elsewhere);
}

function mostGone(looks: readonly { gone: number; there: number }[]): FilterFacts['otherEnds'] {
  if (looks.length === 0) return undefined;
  return {
    gone: Math.max(...looks.map(({ gone }) => gone)),
    there: Math.max(...looks.map(({ there }) => there)),
  };
}

/** An end on the server's side is read at most this much later, ms, and a user does not hear of it sooner. */
export const LATE_MS = 500;

/**
 * A user received a reset, but its connection lived on at the server, whose kernel had sent none: it came from neither. `ConnectionOf`
 * matches by port: a connection that was not complete as the user connected is somebody else's.
 * @param nearMs so near to the user's handshake it was complete
 * @param laterMs that much later than the user it ended at least
 */
export function wasResetByNeither(
  user: UserLine,
  connectionOf: ConnectionOf,
  nearMs = LATE_MS,
  laterMs = LATE_MS,
): boolean {
  const line = user.outcome === 'reset' ? connectionOf(user) : undefined;
  // Its own close(2) sent it.
  if (user.hadRead !== undefined) return false;
  if (line === undefined || line.shared || line.complete === undefined) return false;
  const { complete, closed, closedBy, how, reset, forged } = line;
  const connected = user.startedAt + (user.connectedMs ?? 0);
  const least = complete.is - (complete.within ?? 0);
  if (least > connected + nearMs || complete.is < user.startedAt - nearMs) return false;
  if (forged?.is) return true;
  if (reset?.is === 'server') return false;
  if (line.open) return true;
  // The client's kernel answered the packets that still arrived: that is what the server heard.
  if (closedBy?.is === 'client' && how?.is === 'RST') return true;
  return closed !== undefined && closed.is - (closed.within ?? 0) > failedAt(user) + laterMs;
}
