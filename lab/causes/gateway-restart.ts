import { count, duration } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import {
  byRest,
  type Cause,
  expecting,
  type Fix,
  failedAt,
  item,
  type Judgement,
  type Signs,
} from './shared/cause.ts';
import type { EvidenceItem } from './shared/verdict-types.ts';

/** Service Restart, in IANA's registry of WebSocket close codes. */
const SERVICE_RESTART = 1012;

/** The time a batch of RSTs takes to be read; and to be met, where only the users tell. */
const SLACK_MS = 500;

/** Between two processes of one machine. */
const CLOCKS_MS = 100;

/** Shorter than this a drain is hardly one. */
const SHORTEST_DRAIN_MS = 1000;

export const gatewayRestart: Cause = {
  id: 'gateway-restart',
  title: 'the gateway was restarted: everybody cut at once, and back soon after',
  toldBy: 'gateway',
  looksLike: 'restart lines, and users cut or refused between them',
  under: 'app-timeout-or-panic',
  scenario: {
    users: 150,
    rounds: 0,
    hold_ms: 1200,
    restart_at_users: 150,
    restart_ms: 300,
    reconnect_ms: 800,
  },
  claims(user: UserLine, facts: Facts): boolean {
    const reason = user.port === undefined ? undefined : facts.gateway.closes.get(user.port);
    if (reason !== undefined) return reason === 'restart';
    if (user.outcome === 'closed') return user.code === SERVICE_RESTART;
    return facts.gateway.exit === undefined && failedInOutage(user, facts);
  },
  judge(facts: Facts, claimed: number): Judgement {
    const { restarts, comebacks, gateway } = facts;
    if (claimed === 0 && gateway.samples === 0 && facts.failed.some(wasCut)) {
      const silent = item('gateway stdout', 'restarts', null, 0, 'the gateway wrote nothing');
      return { verdict: 'insufficient-data', for: [], against: [silent] };
    }
    const items = [outageItem(facts), cutItem(facts, claimed), processItem(facts), backItem(facts)];
    // It cut them; that they did not get back in is somebody else's.
    const pushed = restarts.outages.length > 0 && comebacks !== undefined && comebacks.back < comebacks.users;
    if (claimed === 0 && pushed) return { verdict: 'contributing', for: items, against: [] };
    const lacks =
      restarts.outages.length > 0 ? 'users cut as it began, or refused while it lasted' : undefined;
    return byRest(claimed, items, lacks);
  },
  signs(facts: Facts): Signs {
    const { restarts, outside } = facts;
    const items = [outageItem(facts), processItem(facts)];
    if (!restarts.seen || outside === undefined) {
      const told = item(
        'the server',
        'told',
        null,
        null,
        'only the server itself could tell: bring robots with --load',
      );
      return { verdict: 'insufficient-data', counted: 0, for: [], against: [told] };
    }
    const counted = outside.resetsInOutages;
    const rsts = item(
      '/proc/<pid>/net/snmp',
      'Tcp OutRsts',
      0,
      counted,
      `${counted} RST sent as it went and while it was gone: who comes then is refused`,
    );
    const verdict = counted > 0 ? 'confirmed' : 'contributing';
    return { verdict, counted, for: [...items, rsts], against: [] };
  },
  fix({ restarts }: Facts, settings: Settings): Fix | undefined {
    if (!restarts.told) return undefined;
    const changes: string[] = [];
    const changed: Fix['settings'] = {};
    // Nobody is to wait for those before it: each comes back to a gateway that has time for it.
    const drainMs = Math.max(SHORTEST_DRAIN_MS, 2 * settings.users * settings.handshake_cost_ms);
    if (settings.restart_drain_ms < drainMs) {
      changes.push(`restart_drain_ms ${settings.restart_drain_ms} → ${drainMs}`);
      changed.restart_drain_ms = drainMs;
    }
    if (settings.reconnect !== 'jittered') {
      changes.push(`reconnect ${settings.reconnect} → jittered`);
      changed.reconnect = 'jittered';
    }
    return changes.length === 0 ? undefined : { change: changes.join('; '), settings: changed };
  },
};

function wasCut({ outcome, stage }: UserLine): boolean {
  return stage === 'open' && (outcome === 'reset' || outcome === 'eof');
}

/**
 * Turned away while it lasted; or cut as it began, also where the gateway does not say so: it does not know of those in its
 * accept queue. Who came back after it was not cut by it.
 */
function failedInOutage(user: UserLine, { restarts: { outages, told } }: Facts): boolean {
  const at = failedAt(user);
  const early = told ? CLOCKS_MS : SLACK_MS;
  return outages.some(({ from, to = Number.POSITIVE_INFINITY }) => {
    if (at < from - early || at > to + SLACK_MS) return false;
    if (user.outcome === 'refused') return true;
    const cut = user.outcome === 'reset' || user.outcome === 'eof';
    return cut && user.attempts === undefined && at <= from + SLACK_MS;
  });
}

function outageItem({ restarts: { outages, told, seen } }: Facts): EvidenceItem {
  const [source, name] = told
    ? ['gateway stdout', 'restarts']
    : seen
      ? ['/proc/<pid>/net/tcp', 'times without a listener']
      : ['robots', 'refused between users let in'];
  const [first] = outages;
  if (first === undefined) return item(source, name, 0, 0, 'it listened all the time');
  const { from, to, open } = first;
  const cut = open === undefined ? '' : `, as ${count(open, 'user')} were open`;
  const back = to === undefined ? 'not again during the load' : `again after ${duration(to - from)}`;
  return expecting(
    item(source, name, 0, seen ?? outages.length, `it stopped listening${cut}, and listened ${back}`),
    'it would have listened all the time',
  );
}

function cutItem({ restarts: { drained }, gateway }: Facts, claimed: number): EvidenceItem {
  const closed = gateway.byReason.restart ?? 0;
  const says =
    closed + claimed === 0
      ? 'no user failed by a restart'
      : `${count(closed, 'connection')} ended by the restart (${drained} of them asked to leave first); ${count(claimed, 'user')} did not get back in`;
  return expecting(
    item('gateway stdout + robots', 'ended by the restart', 0, Math.max(closed, claimed), says),
    'no close with this reason, and nobody cut in that instant',
  );
}

function processItem({ gateway: { exit } }: Facts): EvidenceItem {
  const says = exit ? `it ended for good: ${exit.how}` : 'it was there to the end: no crash';
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}

function backItem({ comebacks }: Facts): EvidenceItem {
  const says = comebacks
    ? `${comebacks.back} of ${count(comebacks.users, 'user')} that connected again got back in`
    : 'no user connected again';
  return item('robots', 'users back in', null, comebacks?.back ?? 0, says);
}
