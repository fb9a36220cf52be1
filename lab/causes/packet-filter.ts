import { count } from '../../common/format.ts';
import type { Outcome } from '../../protocol/fleet-events.ts';
import { type Fate, fateOf } from '../facts/connection-fate.ts';
import type { FilterFacts } from '../facts/facts.ts';
import { LATE_MS, wasResetByNeither } from '../facts/filtered-packets.ts';
import { once } from '../facts/once.ts';
import {
  byClaims,
  byCount,
  type Cause,
  change,
  contributing,
  counterItem,
  type Facts,
  type Item,
  item,
  type UserLine,
  uncounted,
  undecided,
} from './shared/cause.ts';
import { unheard } from './shared/unheard.ts';

/** What connect(2) makes of an ICMP error (net/ipv4/icmp.c icmp_err_convert), where that is not ECONNREFUSED. */
const UNREACHABLE = ['EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'ENOPROTOOPT'];

/** The ways in which users fail by a filter, whatever its rule does. */
const MET: readonly Outcome[] = ['reset', 'refused', 'timeout', 'other'];

export const packetFilter: Cause = {
  id: 'packet-filter',
  title: "a packet filter (firewall) drops or rejects the users' packets: the server's TCP never sees them",
  // Told by both ends of one connection: they contradict each other, whatever else is true.
  toldBy: 'robots',
  looksLike:
    'users reset or refused by an RST that no TCP sent, or packets that were delivered to no process',
  only: {
    runtimes: ['netns'],
    platform: 'linux',
    why: 'a packet filter of its own needs a network namespace of the lab (netns)',
  },
  scenario: { packet_filter: 'cut', filter_beyond: 200, users: 300, rounds: 0 },
  claims(user, facts) {
    if (facts.gap) return false;
    const { outcome, stage, errno = '' } = user;
    if (outcome === 'reset') {
      const laterMs = LATE_MS + facts.clockErrorMs;
      return wasResetByNeither(user, facts.connectionOf, LATE_MS, laterMs);
    }
    if (outcome === 'refused') return stage === 'connect' && refusedByFilter(facts);
    if (outcome === 'timeout') return unheard(user, facts) && takenFrom(facts, timeouts(facts));
    return stage === 'connect' && UNREACHABLE.includes(errno) && takenFrom(facts, unreachable(facts));
  },
  windowMs(user, { gap, connectionOf, clockErrorMs }) {
    const [nearMs, laterMs] = [LATE_MS + clockErrorMs, LATE_MS - clockErrorMs];
    return !gap && wasResetByNeither(user, connectionOf, nearMs, laterMs) ? LATE_MS : undefined;
  },
  judge(facts, claimed) {
    const { filter, connections, failed } = facts;
    const items = itemsOf(facts, claimed);
    if (claimed > 0) return byClaims(claimed, items);
    if (facts.gap) return undecided(items);
    if (filter.turned > 0 || (connections?.forged ?? 0) > 0) return contributing(items);
    // Some packets were filtered: they may have been these users' packets.
    const met = (user: UserLine) => MET.includes(user.outcome) && !wasEndedByServer(user, facts);
    return maybeTheirs(filter) && failed.some(met) ? undecided(items) : byClaims(0, items);
  },
  /** By the server's port: what rules for it have counted, and RSTs that clients of this machine received in the server's name. */
  signs(facts) {
    const { filter, connections, outside } = facts;
    const items = itemsOf(facts, 0);
    const { gone = 0 } = filter.otherEnds ?? {};
    const forged = connections?.forged ?? 0;
    const named = (filter.rules?.length ?? 0) > 0;
    const silent = named && gone <= (filter.filtered ?? 0) ? gone : 0;
    const cut = Math.max(forged, filter.turned > 0 ? gone : silent);
    const met = unmetUsers(facts) + cut;
    if (met > 0 || filter.turned > 0) {
      const ends = outside?.failed?.filter(({ line }) => line.forged?.is) ?? [];
      return { ...byCount(met > 0 ? met : usersBehind(filter), items), ends };
    }
    const taken = filter.filtered ?? 0;
    if (taken > 0 && (named || (gone > 0 && gone <= taken))) return uncounted(contributing(items));
    return gone > 0 || maybeTheirs(filter) ? uncounted(undecided(items)) : byCount(0, items);
  },
  fix(_facts, { packet_filter }) {
    return packet_filter === 'none' ? undefined : change('packet_filter', packet_filter, 'none');
  },
};

/**
 * How many clients on this machine got no connection although the server listened and its kernel neither dropped nor refused them. 0 where
 * fewer packets were filtered than that.
 */
function unmetUsers(facts: Facts): number {
  const { filter, outside, tables } = facts;
  const { unheard = 0, syns = 0, refused = 0 } = filter.unmet ?? {};
  // A client that the listener dropped once may have been dropped each time.
  const drops = outside?.drops ?? Number.POSITIVE_INFINITY;
  const silent = Math.max(0, unheard - drops);
  const errors = listened(facts) ? Math.max(0, (filter.unreachable ?? 0) - drops) : 0;
  const forged = Math.max(filter.forgedRefusals ?? 0, listened(facts) ? refused : 0);
  const packets = (silent > 0 ? syns : 0) + errors + forged;
  // Netfilter also drops without a rule, when its table is full.
  const byRule = (filter.filtered ?? 0) - (tables.conntrack?.dropped ?? 0);
  return packets <= byRule ? silent + errors + forged : 0;
}

/** How often a dropped packet is sent at most, with the first time (tcp_retries2; a SYN less often: tcp_syn_retries). */
const MOST_TIMES = 16;

/** The least number of users behind the packets that rules have counted; a rejected packet is not sent again. */
function usersBehind({ rules = [] }: FilterFacts): number {
  return rules.reduce((sum, { does, turned = 0 }) => {
    return sum + (does === 'drop' ? Math.ceil(turned / MOST_TIMES) : turned);
  }, 0);
}

/** Packets were filtered, and the rules that were read do not show that they were only somebody else's. */
function maybeTheirs({ filtered = 0, rules }: FilterFacts): boolean {
  return filtered > 0 && (rules === undefined || rules.length > 0);
}

/** The server's own kernel shows that the server ended this user's connection. */
function wasEndedByServer(user: UserLine, { connectionOf }: Facts): boolean {
  const line = connectionOf(user);
  return line !== undefined && ENDED_BY_SERVER.has(fateOf(line));
}

const ENDED_BY_SERVER: ReadonlySet<Fate> = new Set<Fate>([
  'served',
  'reset',
  'reset or left',
  'never accepted',
  'turned away',
  'told and closed',
  'unanswered',
  'expired',
]);

/** The listener was there all the while. */
function listened({ gateway, restarts, filter }: Facts): boolean {
  const gone = restarts.told ? restarts.outages.length : (restarts.seen ?? 0);
  return gateway.exit === undefined && gone === 0 && !filter.reopened;
}

const refused = once(
  ({ failed }: Facts) =>
    failed.filter(({ outcome, stage }) => outcome === 'refused' && stage === 'connect').length,
);

const unreachable = once(
  ({ failed }: Facts) => failed.filter(({ errno = '' }) => UNREACHABLE.includes(errno)).length,
);

const timeouts = once((facts: Facts) => {
  const mine = (user: UserLine) => user.outcome === 'timeout' && unheard(user, facts);
  return facts.failed.filter(mine).length;
});

/** TCP counts the RST with which it refuses where nobody listens; netfilter does not count its own (net/ipv4/netfilter/nf_reject_ipv4.c). */
function refusedByFilter(facts: Facts): boolean {
  if (!listened(facts)) return false;
  const resets = facts.counter('Tcp OutRsts');
  return (resets !== undefined && resets < refused(facts)) || facts.filter.turned >= refused(facts);
}

/** At least this many packets to the port were taken on the way: one for each user. */
function takenFrom({ filter, gateway }: Facts, users: number): boolean {
  // Where a rule names the port, and counts nothing itself, the namespace's figure stands for it.
  const ours = filter.alone || (filter.rules?.length ?? 0) > 0;
  const taken = Math.max(filter.turned, ours ? (filter.filtered ?? 0) : 0);
  return gateway.exit === undefined && taken >= users;
}

function itemsOf(facts: Facts, claimed: number): Item[] {
  const { filter, connections, asked } = facts;
  const items: Item[] = [];
  if (asked > 0)
    items.push(
      item(
        'ledger',
        'users turned away by no TCP',
        0,
        claimed,
        claimed > 0
          ? `${count(claimed, 'user')} reset, refused or unheard, of which the server's TCP knows nothing`
          : "the server's TCP knows of every failed user, or no filter took their packets",
      ),
    );
  const forged = connections?.forged ?? 0;
  if (forged > 0)
    items.push(
      item(
        'ledger with tracefs',
        'RST that no TCP sent',
        0,
        forged,
        `${count(forged, 'client')} received an RST in the server's name, though its TCP had sent none and still had the connection`,
      ),
    );
  items.push(...unmetItems(facts), rulesItem(facts));
  const { otherEnds, filtered } = filter;
  if (otherEnds && otherEnds.gone > 0)
    items.push(
      item(
        'other ends',
        'connections that have no other end',
        0,
        otherEnds.gone,
        `${count(otherEnds.gone, 'open connection')} of the server whose client on this machine is gone; the server has not heard of that, and each uses a descriptor until it times out`,
      ),
    );
  if (filtered !== undefined) {
    const whose = filter.alone ? '' : ', for this server or others';
    const says =
      filtered === 0
        ? 'every packet that arrived in the namespace was delivered'
        : `${count(filtered, 'packet')} arrived in the namespace and were not delivered${whose} (IpInReceives − IpInDelivers)`;
    items.push(item('packets to the namespace', 'Ip InReceives − InDelivers', 0, filtered, says));
  }
  if (facts.failed.some(({ outcome }) => outcome === 'refused' || outcome === 'reset'))
    items.push(
      counterItem(
        facts,
        'Tcp OutRsts',
        (growth) => `${growth} RST sent by TCP in the namespace; those of a filter are not counted here`,
      ),
    );
  return items;
}

function unmetItems({ filter: { unmet, forgedRefusals = 0, unreachable = 0 }, outside }: Facts): Item[] {
  const { unheard = 0, syns = 0, refused = 0 } = unmet ?? {};
  const items: Item[] = [];
  if (unheard > 0) {
    const dropped = outside?.drops === undefined ? '' : `; its listeners dropped ${outside.drops}`;
    const says = `${count(unheard, 'client')} on this machine sent a SYN at least twice (${syns} SYNs in all), but the server's TCP knows of none${dropped}`;
    items.push(item("clients' sockets", 'SYN sent again, and not heard', 0, unheard, says));
  }
  if (forgedRefusals > 0) {
    const says = `${count(forgedRefusals, 'client')} on this machine were refused by an RST in the server's name that no TCP of this kernel had sent`;
    items.push(item('connects with tracefs', 'refused by no TCP', 0, forgedRefusals, says));
  } else if (refused > 0) {
    const says = `${count(refused, 'client')} on this machine refused by an RST while the server listened`;
    items.push(item("clients' sockets", 'refused', 0, refused, says));
  }
  if (unreachable > 0) {
    const says = `${count(unreachable, 'client')} on this machine had no answer to the first SYN, and the namespace sent at least as many ICMP errors (port or host unreachable)`;
    items.push(item("clients' sockets", 'refused by ICMP', 0, unreachable, says));
  }
  return items;
}

function rulesItem({ filter: { rules, turned } }: Facts): Item {
  const name = 'rules that name the port';
  if (rules === undefined)
    return item(
      'filter rules',
      name,
      null,
      null,
      'not read: that needs root and nft (apt-get install nftables)',
    );
  if (rules.length === 0)
    return item('filter rules', name, 0, 0, 'no rule drops or rejects packets to the port');
  const each = rules.map(({ at, does, turned: own }) =>
    own === undefined ? `${at}: ${does}` : `${at}: ${does}, ${count(own, 'packet')}`,
  );
  return item('filter rules', name, 0, turned, each.slice(0, 5).join('; '));
}
