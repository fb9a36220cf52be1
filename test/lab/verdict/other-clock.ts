import type { Evidence } from '../../../lab/evidence/evidence.ts';
import type { PartClock } from '../../../lab/runtimes/runtime.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';

/** Which of the users are told by a clock that is wrong. */
export type Whose = (user: UserLine) => boolean;

/** The same evidence, of a gateway on the lab's clock and two sources of robots whose clocks are known no better than that. */
export function withClocks(evidence: Evidence, errorMs: number): Evidence {
  const clock = (role: PartClock['role'], number: number, own: number): PartClock => ({
    ...{ role, number, where: `machine ${number}`, aheadMs: 4000, afterMs: 4000, errorMs: own },
  });
  return {
    ...evidence,
    runtime: 'swarm',
    clocks: [clock('gateway', 0, 0), clock('robots', 0, errorMs), clock('robots', 1, 0)],
  };
}

/**
 * The same evidence as if the fleet's times had been put on the lab's clock so much too late, ms: its users' that `whose` names, and where
 * these are all of them its phases as well.
 */
export function shifted(evidence: Evidence, ms: number, whose?: Whose): Evidence {
  const { fleet } = evidence;
  const move = (user: UserLine): UserLine => ({
    ...user,
    startedAt: user.startedAt + ms,
    ...(user.earlier && {
      earlier: user.earlier.map((one) => ({ ...one, startedAt: one.startedAt + ms })),
    }),
  });
  const later = <T extends { at: number }>(line: T): T => (whose ? line : { ...line, at: line.at + ms });
  return {
    ...evidence,
    fleet: {
      users: fleet.users.map((user) => (whose === undefined || whose(user) ? move(user) : user)),
      phases: fleet.phases.map(later),
      progress: fleet.progress.map(later),
      ...(fleet.done && { done: later(fleet.done) }),
    },
  };
}
