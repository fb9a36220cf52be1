import { count } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts, QueueFacts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import { fdExhaustion } from './fd-exhaustion.ts';
import {
  byClaims,
  byRest,
  type Cause,
  counterItem,
  expecting,
  type Fix,
  item,
  type Judgement,
} from './shared/cause.ts';
import { keptOut, largerQueue, unseenWaits, withoutLinuxQueue } from './shared/listen-queue.ts';
import { signsOfSynDrops } from './shared/signs.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

const MOST_SYN_BACKLOG = 1_048_576;

const ON_MACOS = 'macOS has no SYN queue of its own: half-open and complete connections are in one';

export const synQueue: Cause = {
  id: 'syn-queue',
  title: 'the SYN queue is full and cookies are off: first packets are dropped (tcp_syncookies = 0)',
  toldBy: 'kernel',
  looksLike: 'ListenDrops grows beyond ListenOverflows, and users time out in the handshake',
  under: 'listen-backlog',
  // A delayed link: all SYNs come before the first ACK can make room. Users give up before their SYN is sent again.
  scenario: {
    somaxconn: 3,
    users: 12,
    tcp_syncookies: 0,
    link_delay_ms: 4,
    connect_timeout_ms: 900,
    rounds: 0,
  },
  claims(user: UserLine, facts: Facts): boolean {
    const { queue } = facts;
    if (queue === undefined || fdExhaustion.claims(user, facts)) return false;
    return queue.synDrops > queue.overflows && keptOut(user, queue);
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { queue } = facts;
    if (queue === undefined) return withoutLinuxQueue(facts, ON_MACOS);
    const items = [dropsItem(queue), cookiesItem(facts), fullItem(facts)];
    const unseen = unseenWaits(facts);
    if (claimed === 0 && unseen && queue.synDrops > 0)
      return { verdict: 'insufficient-data', for: [], against: [...items, unseen] };
    if (claimed > 0) {
      const says = `${count(claimed, 'user')} gave up in connect(2): their SYN was dropped, and sent again too late`;
      return byClaims(claimed, [...items, item('robots', 'timed out in the handshake', 0, claimed, says)]);
    }
    const shut = facts.failed.some((user) => queue.synDrops > 0 && keptOut(user, queue));
    if (shut) return { verdict: 'contributing', for: items, against: [] };
    return byRest(claimed, items, queue.synDrops > 0 ? 'users time out in the handshake' : undefined);
  },
  signs: signsOfSynDrops,
  fix({ queue }: Facts, settings: Settings): Fix | undefined {
    if (queue === undefined) return undefined;
    const larger = largerQueue(queue, settings);
    const fix: Fix = {
      change: ['tcp_syncookies 0 → 1', larger?.change].filter(Boolean).join(', '),
      settings: { ...larger?.settings, tcp_syncookies: 1 },
    };
    // Of the one bound that also holds where cookies are off, a quarter is kept from strangers.
    const wanted = Math.min(MOST_SYN_BACKLOG, 2 * settings.users);
    const { maxSynBacklog } = queue;
    if (maxSynBacklog === undefined || maxSynBacklog >= wanted) return fix;
    fix.change += `, tcp_max_syn_backlog ${maxSynBacklog} → ${wanted}`;
    fix.settings.tcp_max_syn_backlog = wanted;
    return fix;
  },
};

function dropsItem({ synDrops, overflows }: QueueFacts): EvidenceItem {
  const says =
    synDrops === 0
      ? 'no SYN was dropped while the accept queue had room'
      : `${count(synDrops, 'SYN')} dropped while the accept queue had room, ${overflows} packets since it had none`;
  const dropped = item(
    '/proc/<pid>/net/netstat',
    'TcpExt ListenDrops beyond ListenOverflows',
    0,
    synDrops,
    says,
  );
  return expecting(dropped, 'every drop of a listener is counted as an overflow of its accept queue too');
}

function cookiesItem(facts: Facts): EvidenceItem {
  return counterItem(facts, 'TcpExt TCPReqQFullDoCookies', (growth) =>
    growth > 0
      ? `${count(growth, 'SYN')} beyond the queue answered with a cookie: nobody waits for that`
      : 'no SYN was answered with a cookie',
  );
}

function fullItem(facts: Facts): EvidenceItem {
  return counterItem(facts, 'TcpExt TCPReqQFullDrop', (growth) =>
    growth > 0
      ? `${count(growth, 'SYN')} came to a full SYN queue: the bound is min(backlog, somaxconn) + 1`
      : 'the SYN queue was never full',
  );
}
