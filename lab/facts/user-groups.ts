import { defined } from '../../common/defined.ts';
import type { Outcome, Stage, UserLine } from '../../protocol/fleet-events.ts';
import { NumberList } from '../evidence/number-list.ts';
import { countOf, type Lines } from '../evidence/packed-lines.ts';

/** Users that fared alike. */
export interface UserGroup {
  outcome: Outcome;
  stage: Stage;
  errno: string | null;
  /** Of an HTTP answer that was a failure. */
  status?: number;
  count: number;
  /** The first bytes that most of them received from the server; absent where it sent nothing to any. */
  said?: string;
}

/** A server that sends something different to each user need not be counted to the end. */
const MOST_SAYINGS = 100;

/** A dropped SYN is sent again after 1 s (net/ipv4/tcp_timer.c): a user that connected later than this waited for that, ms. */
export const SLOW_CONNECT_MS = 900;

type Fared = Pick<UserLine, 'outcome' | 'stage' | 'errno' | 'status' | 'said'>;

/** Users by outcome, stage, errno and status, most first. */
export function groupOutcomes(users: Iterable<Fared>): UserGroup[] {
  const groups: (UserGroup & { sayings: Map<string, number> })[] = [];
  for (const { outcome, stage, errno = null, status, said } of users) {
    const alike = (one: UserGroup) =>
      one.outcome === outcome && one.stage === stage && one.errno === errno && one.status === status;
    // There are few groups, and a key for each user costs more than a search.
    let group = groups.find(alike);
    if (group === undefined) {
      group = {
        outcome,
        stage,
        errno,
        ...(status !== undefined && { status }),
        count: 0,
        sayings: new Map(),
      };
      groups.push(group);
    }
    group.count += 1;
    if (said !== undefined) hear(group.sayings, said);
  }
  return groups
    .sort((a, b) => b.count - a.count)
    .map(({ sayings, ...group }) => ({ ...group, ...defined({ said: mostHeard(sayings) }) }));
}

/** Groups of several parts of a load as those of all. */
export function joinGroups(parts: readonly (readonly UserGroup[])[]): UserGroup[] {
  const joined: UserGroup[] = [];
  for (const group of parts.flat().sort((a, b) => b.count - a.count)) {
    const { outcome, stage, errno, status } = group;
    const known = joined.find(
      (one) => one.outcome === outcome && one.stage === stage && one.errno === errno && one.status === status,
    );
    if (known) known.count += group.count;
    else joined.push({ ...group });
  }
  return joined.sort((a, b) => b.count - a.count);
}

function hear(sayings: Map<string, number>, said: string): void {
  const times = sayings.get(said) ?? 0;
  if (times > 0 || sayings.size < MOST_SAYINGS) sayings.set(said, times + 1);
}

function mostHeard(sayings: ReadonlyMap<string, number>): string | undefined {
  let most: string | undefined;
  for (const [said, times] of sayings)
    if (most === undefined || times > (sayings.get(most) ?? 0)) most = said;
  return most;
}

/** One way to fail in words: `reset in upgrade (ECONNRESET)`, `HTTP 503 in upgrade`. */
export function wayOf({
  outcome,
  stage,
  errno,
  status,
}: {
  outcome: string;
  stage: string;
  errno: string | null;
  status?: number | undefined;
}): string {
  const what = status === undefined ? outcome : `HTTP ${status}`;
  return `${what} in ${stage}${errno ? ` (${errno})` : ''}`;
}

/**
 * How users failed, for each way, with the first line that the server sent: `316 × reset in upgrade (ECONNRESET)`, `150 × eof in open,
 * the server said "ERR max number of clients reached"`.
 */
export function waysOf(groups: readonly UserGroup[]): string[] {
  return groups
    .filter(({ outcome }) => outcome !== 'open')
    .map((group) => `${group.count} × ${wayOf(group)}${sayingOf(group)}`);
}

/** The first line that users received, to stand behind how they failed; empty where it says no more than that. */
export function sayingOf({ stage, status, said = '' }: Pick<UserGroup, 'stage' | 'status' | 'said'>): string {
  const line = said.split(/(?:\\r|\\n)+/).find((part) => part !== '');
  if (line === undefined) return '';
  const [, digits = '', phrase = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(line) ?? [];
  // The answer by which a user became open says nothing about its end, and a status with its own name says no more than the status.
  if (/^(?:101|[23]\d\d)$/.test(digits) && stage === 'open') return '';
  if (digits === String(status) && [phraseOf(digits), ''].includes(phrase)) return '';
  return `, the server said "${line}"`;
}

/** The phrase of a status. Loaded when it is needed: the module of HTTP is large, and every verb starts. */
function phraseOf(status: string): string | undefined {
  return process.getBuiltinModule('node:http').STATUS_CODES[status];
}

/** When a user failed, ms since the epoch. */
export function failedAt({ startedAt, endedMs = 0 }: Pick<UserLine, 'startedAt' | 'endedMs'>): number {
  return startedAt + endedMs;
}

/** Ended by the other side. */
export function wasCut({ outcome }: Pick<UserLine, 'outcome'>): boolean {
  return outcome === 'reset' || outcome === 'eof';
}

/** When those of them that became open did, ms since the epoch, first to last. */
export function openTimes(users: Iterable<Pick<UserLine, 'startedAt' | 'openMs'>>): Float64Array {
  const times = new NumberList();
  for (const { startedAt, openMs } of users) if (openMs !== undefined) times.push(startedAt + openMs);
  return times.sort();
}

/** When users had their TLS handshake behind them, ms since the epoch, in order. */
export function securedTimes(users: Iterable<Pick<UserLine, 'startedAt' | 'securedMs'>>): Float64Array {
  const times = new NumberList();
  for (const { startedAt, securedMs } of users)
    if (securedMs !== undefined) times.push(startedAt + securedMs);
  return times.sort();
}

/** When the server had done something for a user: its TLS handshake was over, or it became open. In order. */
export function movedOn(secured: Float64Array, opened: Float64Array): Float64Array {
  if (secured.length === 0) return opened;
  const times = new Float64Array(secured.length + opened.length);
  times.set(secured);
  times.set(opened, secured.length);
  return times.sort();
}

/** Undefined where the driver (k6) does not report when a TCP handshake is complete. */
export function slowConnects(users: Lines<UserLine>): number | undefined {
  const unseen = users.some(({ openMs, connectedMs }) => openMs !== undefined && connectedMs === undefined);
  if (unseen) return undefined;
  return countOf(users, (user) => (user.connectedMs ?? 0) >= SLOW_CONNECT_MS);
}
