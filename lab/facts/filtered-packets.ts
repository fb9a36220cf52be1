import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { UnmetConnects } from '../../protocol/observer-events.ts';
import type { TurningRule } from '../../system/nft-rules.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { lostTo } from '../evidence/ledger/ledger.ts';
import type { ConnectionOf } from './connection-of-user.ts';
import type { Counter } from './counter-growth.ts';
import { failedAt } from './user-groups.ts';

/** What was turned away before the server's TCP had it, or in its name. */
export interface FilterFacts {
  /** Rules of netfilter for the server's port, those that are gone by now among them: what each turned away since the watch began. */
  rules?: (TurningRule & { turned?: number })[];
  /** What those did that count this port's packets alone. */
  turned: number;
  /** Packets of IPv4 that came to the namespace, and that no part of it got, nor counted as lost: whoever's they were. */
  filtered?: number;
  /** Packets to its namespace from addresses to which it has no way back. */
  noWayBack?: number;
  /** The server's open connections whose client, on this machine, had gone without a word; and how many were seen that have theirs. */
  otherEnds?: { gone: number; there: number };
  /** Clients on this machine that asked for the server and got no connection, by their own sockets. */
  unmet?: UnmetConnects;
  /** Clients on this machine that were refused in the server's name, by an RST that no TCP had sent; absent where nobody could tell. */
  forgedRefusals?: number;
  /** Clients on this machine that got no answer of TCP to their first SYN, at most as many as ICMP errors were sent by the server's namespace. */
  unreachable?: number;
  /** Nothing but the run is in the namespace, so what was filtered there was its own. */
  alone: boolean;
  /** Robots of ours came by a link, not over the loopback, on which the kernel asks for no way back. */
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
  // Where an event was lost it may have been the sending.
  const told = lostTo(ledger, 'tracefs') > 0 ? undefined : refusals?.filter(({ at }) => at <= until);
  const forged = told?.reduce((sum, { forged: list = [] }) => sum + list.length, 0);
  const unanswered = told?.reduce((sum, { unanswered: list = [] }) => sum + list.length, 0) ?? 0;
  // Those who waited in vain for longer are among the latter.
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

/** Each with what it turned away; one that was put there later has counted from 0. */
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

/** The counters that a packet which was not delivered may be found in (net/ipv4/ip_input.c, ip_forward.c, ip_fragment.c). */
const ELSEWHERE = [
  'Ip ForwDatagrams',
  'Ip InHdrErrors',
  'Ip InAddrErrors',
  'Ip InUnknownProtos',
  'Ip InDiscards',
  'IpExt InNoRoutes',
  'TcpExt IPReversePathFilter',
];

/** What netfilter, or a socket's own filter before it, has taken: it counts nothing itself. */
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

/** An end that the server's side tells of is read so much later at most, and a user that hears of it is not sooner, ms. */
const LATE_MS = 500;

/**
 * A user read a reset, and its connection lived on at the server, whose kernel had sent none: it came from neither. `ConnectionOf` finds
 * by port: one that was not complete as the user connected is somebody else's.
 */
export function wasResetByNeither(user: UserLine, connectionOf: ConnectionOf): boolean {
  const line = user.outcome === 'reset' ? connectionOf(user) : undefined;
  if (line === undefined || line.shared || line.complete === undefined) return false;
  const { complete, closed, closedBy, how, reset, forged } = line;
  const connected = user.startedAt + (user.connectedMs ?? 0);
  const least = complete.is - (complete.within ?? 0);
  if (least > connected + LATE_MS || complete.is < user.startedAt - LATE_MS) return false;
  if (forged?.is) return true;
  if (reset?.is === 'server') return false;
  if (line.open) return true;
  // Its kernel answered what still came for it: that is what the server heard.
  if (closedBy?.is === 'client' && how?.is === 'RST') return true;
  return closed !== undefined && closed.is - (closed.within ?? 0) > failedAt(user) + LATE_MS;
}
