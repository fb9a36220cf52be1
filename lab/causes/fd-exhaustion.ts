import { count } from '../../common/format.ts';
import type { Outcome, UserLine } from '../../protocol/fleet-events.ts';
import { SAMPLE_SLACK_MS } from '../facts/descriptors.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import {
  byClaims,
  byRest,
  type Cause,
  counterItem,
  type Fix,
  failedAt,
  item,
  type Judgement,
  serverWord,
} from './shared/cause.ts';
import { closedItems } from './shared/darwin-items.ts';
import { signsOfFullDescriptors } from './shared/signs.ts';
import { traceItem } from './shared/trace-item.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

/** Of a socket that is accepted and closed at once: with the request unread, before it came, or after both had said FIN. */
const FD_RESETS = ['TCP_ABORT_ON_CLOSE', 'TCP_ABORT_ON_DATA', 'TCP_TIMEWAIT_SOCKET'];

/** How a user fails by it: its handshake is complete, and then it is closed, or never answered. */
const CLOSED_SO: readonly Outcome[] = ['reset', 'eof', 'timeout'];

export const fdExhaustion: Cause = {
  id: 'fd-exhaustion',
  title: 'the gateway has no file descriptor left (nofile)',
  toldBy: 'kernel',
  looksLike: 'descriptors at the limit while users fail before they are open',
  scenario: {
    nofile: 4096,
    users: 4500,
    ramp: '0',
    betting: 'herd',
    rounds: 1,
    round_ms: 1500,
    pause_ms: 500,
  },
  // The one queue there would fail the users of a burst first.
  onDarwin: { scenario: { ramp: '10s' } },
  claims(user: UserLine, facts: Facts): boolean {
    const full = facts.descriptors?.full;
    if (full === undefined || user.stage === 'open') return false;
    const at = failedAt(user);
    const late = user.outcome === 'timeout' && at >= full.from;
    const inTime = at >= full.from - SAMPLE_SLACK_MS && at <= full.to + SAMPLE_SLACK_MS;
    return late || (inTime && (user.outcome === 'reset' || user.outcome === 'eof'));
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { descriptors } = facts;
    if (descriptors === undefined) return { verdict: 'insufficient-data', for: [], against: [unread] };
    const held = heldItem(facts, descriptors);
    if (claimed === 0) return byRest(claimed, [held], descriptors.full && 'users fail before they are open');
    const { predicted, limit, atRest } = descriptors;
    const abortOnClose = counterItem(
      facts,
      'TcpExt TCPAbortOnClose',
      (growth) => `${count(growth, 'socket')} closed with the request unread, each answered with RST`,
    );
    return byClaims(claimed, [
      held,
      item(
        'law',
        'predicted threshold',
        null,
        predicted,
        `nofile ${limit} − ${atRest} at rest = ${predicted} users`,
      ),
      item(
        'robots',
        'failed before the upgrade',
        0,
        claimed,
        `${count(claimed, 'user')} connected, ${hung(facts) >= claimed ? 'and were never answered' : 'then cut off'}`,
      ),
      ...(abortOnClose.after ? [abortOnClose] : []),
      ...(facts.darwin
        ? closedItems(facts.darwin, facts.failed)
        : [
            counterItem(
              facts,
              'Tcp OutRsts',
              (growth) => `${growth} RST sent in the ${serverWord(facts)}'s network namespace`,
            ),
          ]),
      ...traceItem(facts, FD_RESETS),
      item(
        'gateway stdout',
        'errors logged',
        0,
        facts.gateway.errors,
        facts.gateway.errors === 0
          ? 'silent: libuv accepts and closes when accept(2) says EMFILE (src/unix/stream.c uv__emfile_trick)'
          : 'the gateway logged errors',
      ),
    ]);
  },
  signs: signsOfFullDescriptors,
  fix(facts: Facts, settings: Settings, highestNofile: number): Fix | undefined {
    const limit = facts.descriptors?.limit ?? settings.nofile;
    const nofile = enoughNofile(facts, settings, highestNofile);
    if (nofile === undefined) return undefined;
    return { change: `nofile ${limit} → ${nofile}`, settings: { nofile } };
  },
};

/** Whether this user found no descriptor left; undefined: it may have, and nobody looked to the end. */
export function foundNone(user: UserLine, facts: Facts): boolean | undefined {
  if (fdExhaustion.claims(user, facts)) return true;
  const may = facts.gap !== undefined && user.stage !== 'open' && CLOSED_SO.includes(user.outcome);
  return may ? undefined : false;
}

/** The limit, doubled until all users and a tenth to spare have a descriptor; undefined where the machine allows no such. */
export function enoughNofile(facts: Facts, settings: Settings, highestNofile: number): number | undefined {
  const needed = settings.users + (facts.descriptors?.atRest ?? 0);
  let nofile = facts.descriptors?.limit ?? settings.nofile;
  // A tenth to spare: a limit that is just enough today is the same bug tomorrow.
  while (nofile < needed * 1.1) nofile *= 2;
  nofile = Math.min(nofile, highestNofile);
  return nofile < needed ? undefined : nofile;
}

const unread: EvidenceItem = item('/proc/<pid>/fd', 'descriptors', null, null, 'could not be read');

/** A server that does not accept and close, as libuv does, leaves them in its queue. */
function hung({ failed }: Facts): number {
  return failed.filter(({ outcome, stage }) => outcome === 'timeout' && stage !== 'open').length;
}

function heldItem(
  facts: Facts,
  { limit, atRest, peak, source, full }: NonNullable<Facts['descriptors']>,
): EvidenceItem {
  const says = full
    ? facts.failed.length > 0
      ? `all ${limit} descriptors in use`
      : `all ${limit} in use and nobody turned away: no user to spare`
    : `at most ${peak} of ${limit} in use`;
  return item(source, 'descriptors', atRest, peak, says, limit);
}
