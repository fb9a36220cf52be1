import { count, percent } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import { enoughNofile } from './fd-exhaustion.ts';
import { lateReset } from './late-reset.ts';
import {
  byClaims,
  type Cause,
  counterItem,
  expecting,
  type Fix,
  failedAt,
  item,
  type Judgement,
  serverWord,
} from './shared/cause.ts';
import { reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { signsOfCap } from './shared/signs.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

/** Closes by chance while users arrive find half of them there, on the average; one such close may find any number. */
const FLAT = { few: 0.99, many: 0.95, disordered: 0.9 };
const FEW = 5;
/** What dies with the gateway dies within this. */
const WITH_THE_EXIT_MS = 500;

export const connectionCap: Cause = {
  id: 'connection-cap',
  title: 'the gateway takes no more connections than it is told to (max_connections)',
  toldBy: 'gateway',
  looksLike: 'users cut before they were open, at one level of open users below nofile',
  under: 'app-timeout-or-panic',
  scenario: { max_connections: 200, cap_silent: 1, users: 300, rounds: 0 },
  claims(user: UserLine, facts: Facts): boolean {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'max-connections';
    if (nothingElse(facts) !== true) return false;
    return (isFlat(facts) && turnedAway(user, facts)) || cutForOthers(user, facts);
  },
  judge(facts: Facts, claimed: number): Judgement {
    const items = [
      ...(facts.outside?.plateau && !isFlat(facts) ? [] : [plateauItem(facts)]),
      reasonItem(facts, 'max-connections'),
      descriptorsItem(facts),
      overflowItem(facts),
      aliveItem(facts),
    ];
    const seen = facts.failed.some((user) => turnedAway(user, facts));
    if (claimed === 0 && seen && isFlat(facts) && nothingElse(facts) === undefined)
      return { verdict: 'insufficient-data', for: [], against: items };
    return byClaims(claimed, items);
  },
  signs: signsOfCap,
  fix(facts: Facts, settings: Settings, highestNofile: number): Fix | undefined {
    const { max_connections, users } = settings;
    const nofile = enoughNofile(facts, settings, highestNofile);
    if (max_connections === 0 || nofile === undefined) return undefined;
    // A tenth to spare, as with any limit.
    const enough = Math.ceil(users * 1.1);
    const change = `max_connections ${max_connections} → ${enough}`;
    const limit = facts.descriptors?.limit ?? settings.nofile;
    // A cap above what the descriptors allow is none.
    if (nofile === limit) return { change, settings: { max_connections: enough } };
    return {
      change: `${change}, nofile ${limit} → ${nofile}`,
      settings: { max_connections: enough, nofile },
    };
  },
};

/** Who was turned away came while as many were open as ever were. */
function isFlat({ plateau, slowConnects }: Facts): boolean {
  if (plateau === undefined || plateau.turnedAway.size === 0) return false;
  if (plateau.turnedAway.size < FEW) return plateau.level >= FLAT.few;
  // Who had to send its SYN again came in an order that the robots saw in part only.
  return plateau.level >= (slowConnects ? FLAT.disordered : FLAT.many);
}

/**
 * Whether every other limit that turns connections away at a fixed number is ruled out: descriptors, the accept queue.
 * Undefined: could not be read.
 */
function nothingElse({ descriptors, queue, counter }: Facts): boolean | undefined {
  const overflows = counter('TcpExt ListenOverflows');
  if (descriptors?.full !== undefined) return false;
  if (overflows !== undefined && overflows > 0 && queue?.abort !== false) return false;
  return descriptors === undefined || overflows === undefined ? undefined : true;
}

function turnedAway(user: UserLine, facts: Facts): boolean {
  const { plateau, gateway } = facts;
  if (!plateau?.turnedAway.has(user.id)) return false;
  // A queue that forgot a handshake leaves as flat a line.
  if (lateReset.claims(user, facts)) return false;
  return gateway.exit === undefined || failedAt(user) < gateway.exit.at - WITH_THE_EXIT_MS;
}

/** A server that is not ours may as well cut who came before, to make room: how many stay is seen from outside all the same. */
function cutForOthers(user: UserLine, { outside, gateway }: Facts): boolean {
  const cut = user.outcome === 'eof' || user.outcome === 'reset';
  return cut && outside?.plateau?.unserved === true && gateway.exit === undefined;
}

function plateauItem({ plateau }: Facts): EvidenceItem {
  const name = 'open at once, at most';
  if (plateau === undefined) return item('robots', name, 0, 0, 'nobody was let in');
  const { height, turnedAway, level } = plateau;
  const says =
    turnedAway.size === 0
      ? `${height}, and nobody was turned away before the upgrade`
      : `${count(turnedAway.size, 'user')} cut before the upgrade, while ${percent(level)} of the most there ever were (${height}) were open`;
  return expecting(
    item('robots', name, 0, height, says),
    'users are cut whatever number is open, or nobody is',
  );
}

function descriptorsItem({ descriptors }: Facts): EvidenceItem {
  if (descriptors === undefined)
    return item('/proc/<pid>/fd', 'descriptors', null, null, 'could not be read');
  const { limit, atRest, peak, source, full } = descriptors;
  const says = full ? `all ${limit} in use: that comes first` : `at most ${peak} of ${limit} in use`;
  return expecting(item(source, 'descriptors', atRest, peak, says, limit), 'all in use: fd-exhaustion');
}

function overflowItem(facts: Facts): EvidenceItem {
  const overflow = counterItem(facts, 'TcpExt ListenOverflows', (growth) =>
    growth === 0 ? 'the accept queue never overflowed' : `${count(growth, 'handshake packet')} dropped`,
  );
  return expecting(overflow, 'it grows: listen-backlog');
}

function aliveItem(facts: Facts): EvidenceItem {
  const { exit } = facts.gateway;
  const server = serverWord(facts);
  const says = exit ? `the ${server} ended: ${exit.how}` : `the ${server} lived to the end`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}
