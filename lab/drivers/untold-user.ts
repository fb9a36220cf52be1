import type { UserLine } from '../../protocol/fleet-events.ts';

/** The line of a user of whom nobody told how it fared; `detail`: why. */
export function untoldUser(id: number, startedAt: number, detail: string): UserLine {
  return {
    event: 'user',
    id,
    outcome: 'other',
    stage: 'connect',
    stageUnknown: true,
    detail,
    startedAt,
    bets: { placed: 0, acked: 0, rejected: 0 },
  };
}
