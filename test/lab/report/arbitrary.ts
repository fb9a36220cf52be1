import fc from 'fast-check';
import { OUTCOMES, type UserLine } from '../../../protocol/fleet-events.ts';

const ms = fc.integer({ min: 0, max: 5000 });

/** Any user that a fleet may tell of: open to the end, failed before it was open, or after. */
const userLine: fc.Arbitrary<UserLine> = fc
  .record({
    startedAt: ms,
    connect: ms,
    upgrade: ms,
    rest: ms,
    stage: fc.constantFrom('connect', 'upgrade', 'open'),
  })
  .chain(({ startedAt, connect, upgrade, rest, stage }) =>
    fc.constantFrom(...OUTCOMES).map((outcome): UserLine => {
      const was = outcome === 'open' ? 'open' : stage;
      return {
        event: 'user',
        id: 0,
        outcome,
        stage: was as UserLine['stage'],
        startedAt,
        ...(was === 'connect' ? {} : { connectedMs: connect }),
        ...(was === 'open' ? { openMs: connect + upgrade } : {}),
        ...(outcome === 'open' ? {} : { endedMs: connect + upgrade + rest }),
        bets: { placed: 0, acked: 0, rejected: 0 },
      };
    }),
  );

export const userLines = fc
  .array(userLine, { maxLength: 60 })
  .map((users) => users.map((user, id) => ({ ...user, id })));
