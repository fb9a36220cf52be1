import { count } from '../../common/format.ts';
import { wasAnswered500 } from '../facts/last-descriptor.ts';
import {
  byClaims,
  byCount,
  byEnds,
  byRest,
  type Cause,
  change,
  contributing,
  counterItem,
  expecting,
  type Facts,
  type Item,
  item,
  resetsItem,
  uncounted,
  undecided,
  unread,
  wasCut,
} from './shared/cause.ts';
import { closedItems } from './shared/darwin-queue.ts';
import { untoldItem } from './shared/ledger-items.ts';
import { CLOSED_UNREAD } from './shared/listen-queue.ts';
import {
  byEndsWhileFull,
  descriptorsItem,
  endedForWant,
  endedItem,
  endsWhileFull,
  enoughNofile,
  foundNone,
  fullWindowMs,
  givenUpItems,
  leftOpenItem,
  mayBeShort,
  roomItem,
} from './shared/no-descriptor.ts';
import { traceItem } from './shared/trace-item.ts';

/** RSTs of a socket that is accepted and closed at once: with the request unread, before it arrived, or after both FINs. */
const FD_RESETS = ['TCP_ABORT_ON_CLOSE', 'TCP_ABORT_ON_DATA', 'TCP_TIMEWAIT_SOCKET'];

export const fdExhaustion: Cause = {
  id: 'fd-exhaustion',
  title: 'the gateway has no file descriptor left (nofile)',
  toldBy: 'kernel',
  looksLike: 'all descriptors in use while users fail before they are open',
  scenario: {
    nofile: 4096,
    users: 4500,
    ramp: '0',
    betting: 'herd',
    rounds: 1,
    round_ms: 1500,
    pause_ms: 500,
  },
  // On macOS the one listen queue would fail the users of a burst first.
  onDarwin: { scenario: { ramp: '10s' } },
  claims: foundNone,
  windowMs: fullWindowMs,
  judge(facts, claimed) {
    const { descriptors } = facts;
    if (descriptors === undefined) return undecided([unread('descriptors', 'descriptors')]);
    const { limit } = descriptors;
    const held = descriptorsItem(
      descriptors,
      facts.failed.length > 0
        ? `all ${limit} descriptors in use`
        : `all ${limit} descriptors in use, but no user was turned away`,
    );
    const untold = descriptors.untold && facts.failed.length > 0;
    if (claimed === 0 && (untold || mayBeShort(facts))) return undecided([held]);
    if (claimed === 0) return byRest(claimed, [held], descriptors.full && 'users fail before they are open');
    const abortOnClose = counterItem(
      facts,
      CLOSED_UNREAD,
      (growth) => `${count(growth, 'socket')} closed with the request unread, each with an RST`,
    );
    return byClaims(claimed, [
      held,
      roomItem(descriptors),
      item(
        'robots',
        'failed before the upgrade',
        0,
        claimed,
        `${count(claimed, 'user')} connected, ${endsOf(facts)}`,
      ),
      ...(abortOnClose.after ? [abortOnClose] : []),
      ...(facts.darwin ? closedItems(facts.darwin, facts.failed) : [resetsItem(facts)]),
      ...traceItem(facts, FD_RESETS),
      ...leakItems(facts),
      ...givenUpItems(facts),
      item(
        'gateway lines',
        'errors logged',
        0,
        facts.gateway.errors,
        facts.gateway.errors === 0
          ? 'no error logged: on EMFILE libuv accepts and closes (src/unix/stream.c uv__emfile_trick)'
          : 'the gateway logged errors',
      ),
    ]);
  },
  /** New connections are closed with an RST, or stay in the accept queue, depending on how the server handles EMFILE. */
  signs(facts) {
    const { descriptors, outside } = facts;
    if (descriptors === undefined || outside === undefined)
      return uncounted(undecided([unread('descriptors', 'descriptors')]));
    const { limit, full } = descriptors;
    const held = expecting(
      descriptorsItem(descriptors, `all ${limit} descriptors in use`),
      'some descriptors are free',
    );
    if (full === undefined && mayBeShort(facts)) return uncounted(undecided([held]));
    if (full === undefined) return byCount(0, [held]);
    const { stuck, failed, incomplete } = outside;
    const failedWhileFull = endsWhileFull(facts).length;
    const waiting =
      stuck > 0
        ? `${count(stuck, 'connection')} stayed in the accept queue and hung: accept(2) fails with EMFILE`
        : 'no connection had to stay in the accept queue';
    const ended =
      failedWhileFull > 0
        ? `${count(failedWhileFull, 'connection')} reset or turned away while no descriptor was free: accepted and closed at once`
        : 'no connection was reset or turned away while no descriptor was free';
    const items = [
      held,
      failed ? item('ledger', 'ended while none was free', 0, failedWhileFull, ended) : untoldItem(outside),
      item('accept queue', 'accept queue, never empty', 0, stuck, waiting),
    ];
    const signs = byEndsWhileFull(facts, [...items, ...leakItems(facts), ...givenUpItems(facts)]);
    if (signs.counted === 0 && (failed === undefined || incomplete)) return uncounted(undecided(items));
    // Users that the server's end cut are attributed to that end; the lack of descriptors made it happen.
    if (signs.counted === 0 && endedForWant(facts))
      return uncounted(contributing([...items, endedItem(facts)]));
    // With a leak, connections stuck in the queue are attributed to it, as all others are.
    return facts.leak?.filled ? byEnds(signs.ends ?? [], [...signs.for, ...signs.against]) : signs;
  },
  fix(facts, settings, highestNofile) {
    const limit = facts.descriptors?.limit ?? settings.nofile;
    const nofile = enoughNofile(facts, settings, highestNofile);
    return nofile === undefined ? undefined : change('nofile', limit, nofile);
  },
};

/** The connections that their clients have left, where the server keeps such. */
function leakItems({ leak }: Facts): Item[] {
  return leak?.keeps ? [leftOpenItem(leak)] : [];
}

/** libuv accepts and closes. Other servers leave connections in the queue, or use their last descriptor to answer with an error. */
function endsOf(facts: Facts): string {
  const ways = new Set<string>();
  for (const user of facts.failed) {
    if (!foundNone(user, facts)) continue;
    ways.add(wasCut(user) ? 'cut off' : wasAnswered500(user) ? 'answered with 500' : 'never answered');
  }
  const words = [...ways].sort();
  return words.length === 1 && ways.has('cut off') ? 'then cut off' : `then ${words.join(', or ')}`;
}
