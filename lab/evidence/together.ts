import type { ProgressLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from './evidence.ts';
import { JoinedLines, type Lines } from './packed-lines.ts';

/**
 * The users of several gateways as those of one, for what is shown of all: users, their progress and the connections of all ledgers. What
 * else there is is that of the gateway with `shown`.
 */
export function together(evidences: readonly Evidence[], shown: Evidence): Evidence {
  if (evidences.length === 1) return shown;
  const joined = <T extends object>(of: (evidence: Evidence) => Lines<T>) =>
    new JoinedLines(evidences.map(of));
  return {
    ...shown,
    asked: { ...shown.asked, users: evidences.reduce((sum, { asked }) => sum + asked.users, 0) },
    ledger: { ...shown.ledger, connections: joined(({ ledger }) => ledger.connections) },
    fleet: {
      ...shown.fleet,
      users: joined(({ fleet }) => fleet.users),
      progress: progressOf(evidences.map(({ fleet }) => fleet.progress)),
    },
  };
}

/** Each fleet tells at its own moments: at each of the first's, what the others have told last. */
function progressOf(all: readonly (readonly ProgressLine[])[]): ProgressLine[] {
  const [first = [], ...others] = all;
  const at = others.map(() => 0);
  return first.map((line) => {
    const lines = others.flatMap((progress, index) => {
      while ((progress[(at[index] as number) + 1]?.at ?? Number.POSITIVE_INFINITY) <= line.at)
        at[index] = (at[index] as number) + 1;
      return progress[at[index] as number] ?? [];
    });
    const sum = (of: (line: ProgressLine) => number) =>
      [line, ...lines].reduce((all, one) => all + of(one), 0);
    return {
      ...line,
      asked: sum(({ asked }) => asked),
      started: sum(({ started }) => started),
      open: sum(({ open }) => open),
      failed: sum(({ failed }) => failed),
      bets: { placed: sum(({ bets }) => bets.placed), acked: sum(({ bets }) => bets.acked) },
    };
  });
}
