import { count, percent } from '../../../common/format.ts';
import type { Facts, OutsideFacts } from '../../facts/facts.ts';
import { counterItem, expecting, item, type Signs } from './cause.ts';
import { exitItem } from './gateway-exit.ts';
import { abortItem, overflowItem, queueItem, unreadQueue } from './listen-queue.ts';
import type { EvidenceItem } from './verdict-types.ts';

/**
 * What the kernel shows of a server, for the causes that can be told by that alone: nobody says how its users fared. Confirmed
 * only when something failed that the kernel counted.
 */

/** Confirmed by so many counted failures, else refuted, by the same items. */
function byCount(counted: number, items: EvidenceItem[]): Signs {
  return counted > 0
    ? { verdict: 'confirmed', counted, for: items, against: [] }
    : { verdict: 'refuted', counted: 0, for: [], against: items };
}

function unread(source: string, name: string): Signs {
  const none = item(source, name, null, null, 'could not be read');
  return { verdict: 'insufficient-data', counted: 0, for: [], against: [none] };
}

/** No descriptor left: those who come are closed with an RST, or stay in the accept queue, as the server takes EMFILE. */
export function signsOfFullDescriptors(facts: Facts): Signs {
  const { descriptors, outside } = facts;
  if (descriptors === undefined || outside === undefined) return unread('/proc/<pid>/fd', 'descriptors');
  const { limit, atRest, peak, source, full } = descriptors;
  const says = full ? `all ${limit} descriptors in use` : `at most ${peak} of ${limit} in use`;
  const held = expecting(item(source, 'descriptors', atRest, peak, says, limit), 'some are free');
  if (full === undefined) return byCount(0, [held]);
  const stuck = item(
    '/proc/<pid>/net/tcp',
    'accept queue, never empty',
    0,
    outside.stuck,
    outside.stuck > 0
      ? `${count(outside.stuck, 'connection')} stayed in the accept queue: accept(2) says EMFILE, and they hang`
      : 'nobody had to stay in the accept queue',
  );
  const resets = item(
    '/proc/<pid>/net/snmp',
    'Tcp OutRsts',
    0,
    outside.resetsWhileFull,
    outside.resetsWhileFull > 0
      ? `${outside.resetsWhileFull} RST sent while none was free: accepted and closed at once`
      : 'no RST was sent while none was free',
  );
  // One that was stuck may be answered with an RST in the end.
  const counted = Math.max(outside.resetsWhileFull, outside.stuck) + (outside.stuck > 0 ? outside.drops : 0);
  return byCount(counted, [held, resets, stuck]);
}

/** The wait for a descriptor fills the queue as well: then its drops are that cause's. */
function fullOfDescriptors({ descriptors, outside }: Facts): boolean {
  return descriptors?.full !== undefined && (outside?.stuck ?? 0) > 0;
}

function pushed(items: EvidenceItem[]): Signs {
  const says = 'the server had no descriptor left and took nobody out of it: a consequence';
  return {
    verdict: 'contributing',
    counted: 0,
    for: [...items, item('/proc/<pid>/fd', 'descriptors', null, null, says)],
    against: [],
  };
}

/** In a burst a queue may overflow for an instant, and who came a second later for it is let in like all others. */
function isFew(drops: number, { outside }: Facts): boolean {
  return drops <= NOT_MANY * (outside?.accepted ?? 0);
}

const NOT_MANY = 0.1;

function madeGood(items: EvidenceItem[], { outside }: Facts): Signs {
  const says =
    'fewer than a tenth of the handshakes that completed: each is sent again, and --load shows whether anybody failed';
  return {
    verdict: 'contributing',
    counted: 0,
    for: [...items, item('/proc/<pid>/net/snmp', 'Tcp PassiveOpens', 0, outside?.accepted ?? null, says)],
    against: [],
  };
}

/** Handshakes dropped by a full accept queue: each is sent again after 1, 3, 7 s. */
export function signsOfQueueDrop(facts: Facts): Signs {
  const { queue, outside } = facts;
  if (queue === undefined || outside === undefined) return unreadSigns();
  const items = [
    overflowItem(facts, queue, queue.overflows),
    queueItem(queue),
    abortItem(queue),
    ...cpuItems(outside),
  ];
  if (queue.overflows === 0 || queue.synDrops > queue.overflows) return byCount(0, items);
  if (fullOfDescriptors(facts)) return pushed(items);
  return isFew(queue.overflows, facts) ? madeGood(items, facts) : byCount(queue.overflows, items);
}

/** The same with tcp_abort_on_overflow. */
export function signsOfQueueReset(facts: Facts): Signs {
  const { queue, outside } = facts;
  if (queue === undefined || outside === undefined) return unreadSigns();
  const items = [abortItem(queue), overflowItem(facts, queue, queue.overflows), resetsItem(outside)];
  if (!queue.abort || queue.overflows === 0) return byCount(0, items);
  if (fullOfDescriptors(facts)) return pushed(items);
  return byCount(Math.min(queue.overflows, outside.resets), items);
}

/** SYNs dropped before they came to the accept queue. */
export function signsOfSynDrops(facts: Facts): Signs {
  const { queue, outside } = facts;
  if (queue === undefined || outside === undefined) return unreadSigns();
  const { synDrops, overflows } = queue;
  const says =
    synDrops === 0
      ? 'no SYN was dropped while the accept queue had room'
      : `${count(synDrops, 'SYN')} dropped while the accept queue had room`;
  const dropped = item(
    '/proc/<pid>/net/netstat',
    'TcpExt ListenDrops beyond ListenOverflows',
    0,
    synDrops,
    says,
  );
  const full = counterItem(
    facts,
    'TcpExt TCPReqQFullDrop',
    (growth) => `${count(growth, 'SYN')} came to a full SYN queue`,
  );
  if (synDrops > overflows && isFew(synDrops, facts)) return madeGood([dropped, full], facts);
  return byCount(synDrops > overflows ? synDrops : 0, [dropped, full]);
}

/** The server's end, however it came. */
export function signsOfTheEnd(facts: Facts): Signs {
  const { outside, gateway } = facts;
  const { endedWith: with_ = 0, resetsAtEnd = 0 } = outside ?? {};
  // The process that was named is seen to end, also by a user who may not look into it.
  if (outside?.workers === 0 && gateway.exit === undefined) return unread('process', 'exit');
  const items = [expecting(exitItem(facts), 'the process is alive to the end')];
  if (gateway.exit === undefined) {
    // Nothing else of what a program does to its users can be seen from outside.
    const { resets = 0, closedFirst = 0 } = outside ?? {};
    if (resets === 0 && (facts.asked > 0 || closedFirst === 0)) return byCount(0, items);
    return { verdict: 'insufficient-data', counted: 0, for: [], against: [...items, silent] };
  }
  const cut = item(
    '/proc/<pid>/net/tcp',
    'connections',
    with_,
    0,
    `${count(with_, 'connection')} ended with it`,
  );
  if (with_ === 0) return { verdict: 'contributing', counted: 0, for: [...items, cut], against: [] };
  const rsts = item(
    '/proc/<pid>/net/snmp',
    'Tcp OutRsts',
    0,
    resetsAtEnd,
    `${resetsAtEnd} RST sent then and since: to those it had, and to who came after it`,
  );
  return byCount(Math.max(with_, resetsAtEnd), [...items, cut, rsts]);
}

/** The same, where how it ended tells which cause it is. Undefined: that is not known. */
export function signsOfThisEnd(facts: Facts, fits: boolean | undefined): Signs {
  const end = signsOfTheEnd(facts);
  if (facts.outside?.workers === 0 && facts.gateway.exit === undefined) return end;
  if (end.verdict === 'contributing' && fits === true) return end;
  if (end.for.length === 0 || fits === true)
    return end.verdict === 'insufficient-data' ? byCount(0, end.against) : end;
  if (fits === false) return byCount(0, end.for);
  const says =
    'how a process of somebody else ended only its parent is told: see its log, its supervisor or dmesg';
  const unknown = item('process', 'wait status', null, null, says);
  return { verdict: 'insufficient-data', counted: 0, for: [], against: [...end.for, unknown] };
}

/** A limit of the server's own: the same connections stay, and who comes beyond them is closed at once. */
export function signsOfCap(facts: Facts): Signs {
  const { outside, descriptors, queue } = facts;
  if (outside?.held === undefined) return unread('/proc/<pid>/net/tcp', 'connections');
  const { plateau, held } = outside;
  const away = plateau?.turnedAway ?? 0;
  const closed = Math.max(outside.resets, outside.closedFirst);
  const says = plateau
    ? `${count(away, 'connection')} closed by the server at once while ${plateau.height} stayed, the most there ever were`
    : closed > 0
      ? `at most ${held} at once; ${count(closed, 'connection')} closed by the server or reset, at no one level`
      : `at most ${held} at once, and nobody was turned away beyond them`;
  const items = [
    expecting(
      item('/proc/<pid>/net/tcp', 'connections', 0, plateau?.height ?? held, says),
      'more come, and stay',
    ),
    ...(descriptors
      ? [
          item(
            descriptors.source,
            'descriptors',
            descriptors.atRest,
            descriptors.peak,
            descriptors.full
              ? 'all in use: that comes first'
              : `at most ${descriptors.peak} of ${descriptors.limit} in use`,
            descriptors.limit,
          ),
        ]
      : []),
    item(
      '/proc/<pid>/net/snmp',
      'Tcp PassiveOpens',
      0,
      outside.accepted ?? null,
      `${outside.accepted ?? '?'} handshakes completed`,
    ),
  ];
  if (descriptors?.full || queue?.abort || facts.gateway.exit) return byCount(0, items);
  if ((plateau && descriptors === undefined) || (!plateau && closed > 0 && facts.asked === 0))
    return { verdict: 'insufficient-data', counted: 0, for: [], against: items };
  if (plateau && !plateau.unserved) {
    const unclear = item(
      'robots',
      'users',
      null,
      null,
      plateau.known
        ? 'turned away, or answered and closed at once: only users can tell, --load'
        : 'turned away beyond a cap, or any of those that came: they came all at once, let them come one after another (--ramp)',
    );
    return { verdict: 'insufficient-data', counted: 0, for: [], against: [...items, unclear] };
  }
  return byCount(away, items);
}

/** Packets that an interface lost. */
export function signsOfLostPackets({ interfaces }: Facts): Signs {
  if (interfaces.length === 0) return unread('/proc/<pid>/net/dev', 'errors and drops');
  const items = interfaces.map(({ name, errors, drops, packets }) =>
    item(
      '/proc/<pid>/net/dev',
      `${name} errors + drops`,
      0,
      errors + drops,
      `${errors} errors and ${drops} drops in ${packets} packets`,
    ),
  );
  const lost = interfaces.reduce((sum, { errors, drops }) => sum + errors + drops, 0);
  if (lost === 0) return byCount(0, items);
  const says = 'a lost packet is sent again: whether anybody waited too long for it only users can tell';
  return {
    verdict: 'insufficient-data',
    counted: 0,
    for: [],
    against: [...items, item('robots', 'users', null, null, says)],
  };
}

const silent = item(
  'the server',
  'its own log',
  null,
  null,
  'what it does to its users of its own accord it alone can tell',
);

function unreadSigns(): Signs {
  return { ...unreadQueue(), counted: 0 };
}

function resetsItem({ resets }: OutsideFacts): EvidenceItem {
  return item(
    '/proc/<pid>/net/snmp',
    'Tcp OutRsts',
    0,
    resets,
    `${resets} RST sent while connections were held`,
  );
}

/** Where the queue fills, whether it is the processor that the server waits for. */
function cpuItems({ busiest, threads = 1 }: OutsideFacts): EvidenceItem[] {
  if (busiest === undefined) return [];
  const says =
    threads === 1 && busiest > 0.95
      ? `its one thread ran on ${percent(busiest)} of a core: it accepts as fast as it can`
      : `it ran on at most ${percent(busiest)} of a core, in ${count(threads, 'thread')}`;
  return [item('/proc/<pid>/stat', 'CPU, of one core', null, Math.round(busiest * 1000) / 1000, says)];
}
