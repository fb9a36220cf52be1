import type { Outcome, Stage, UserLine } from '../../protocol/fleet-events.ts';

/** Users that fared alike. */
export interface UserGroup {
  outcome: Outcome;
  stage: Stage;
  errno: string | null;
  count: number;
}

/** A dropped SYN is sent again after 1 s (net/ipv4/tcp_timer.c): whoever connected later than this had waited for that. */
export const SLOW_CONNECT_MS = 900;

/** Users by outcome, stage and errno, most first. */
export function groupOutcomes(users: readonly Pick<UserLine, 'outcome' | 'stage' | 'errno'>[]): UserGroup[] {
  const groups: UserGroup[] = [];
  for (const { outcome, stage, errno = null } of users) {
    // They are few, and a key for each user costs more than to look through them.
    const group = groups.find((one) => one.outcome === outcome && one.stage === stage && one.errno === errno);
    if (group) group.count += 1;
    else groups.push({ outcome, stage, errno, count: 1 });
  }
  return groups.sort((a, b) => b.count - a.count);
}

/** How one way to fail is put: `reset in upgrade (ECONNRESET)`. */
export function wayOf({
  outcome,
  stage,
  errno,
}: {
  outcome: string;
  stage: string;
  errno: string | null;
}): string {
  return `${outcome} in ${stage}${errno ? ` (${errno})` : ''}`;
}

/** How users failed, for each way: `316 × reset in upgrade (ECONNRESET)`. */
export function waysOf(groups: readonly UserGroup[]): string[] {
  return groups
    .filter(({ outcome }) => outcome !== 'open')
    .map((group) => `${group.count} × ${wayOf(group)}`);
}

/** When a user failed, ms since the epoch. */
export function failedAt({ startedAt, endedMs = 0 }: Pick<UserLine, 'startedAt' | 'endedMs'>): number {
  return startedAt + endedMs;
}

/** Ended by the other side. */
export function wasCut({ outcome }: Pick<UserLine, 'outcome'>): boolean {
  return outcome === 'reset' || outcome === 'eof';
}

/** When those of them that were let in were, ms since the epoch, first to last. */
export function openTimes(users: readonly Pick<UserLine, 'startedAt' | 'openMs'>[]): number[] {
  const times: number[] = [];
  for (const { startedAt, openMs } of users) if (openMs !== undefined) times.push(startedAt + openMs);
  return times.sort((a, b) => a - b);
}

/** Undefined where the driver (k6) does not see when a TCP handshake is complete. */
export function slowConnects(users: readonly UserLine[]): number | undefined {
  const unseen = users.some(({ openMs, connectedMs }) => openMs !== undefined && connectedMs === undefined);
  if (unseen) return undefined;
  return users.filter((user) => (user.connectedMs ?? 0) >= SLOW_CONNECT_MS).length;
}
