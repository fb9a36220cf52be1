import { defined } from '../../common/defined.ts';
import { sumOf } from '../../common/numbers.ts';
import type { WitnessLine } from '../../protocol/connection-events.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from './evidence.ts';
import { type Ledger, witnessesOf } from './ledger/ledger.ts';
import { JoinedLines, type Lines } from './packed-lines.ts';

/**
 * The users of several gateways as those of one, for what is shown of all: users, their progress and the ledgers, with what was lost to
 * each witness of any. What else there is is that of the gateway with `shown`, one of these.
 */
export function together(evidences: readonly Evidence[], shown: Evidence): Evidence {
  if (evidences.length === 1) return shown;
  const joined = <T extends object>(of: (evidence: Evidence) => Lines<T>) =>
    new JoinedLines(evidences.map(of));
  const others = evidences.filter((evidence) => evidence !== shown);
  return {
    ...shown,
    asked: { ...shown.asked, users: sumOf(evidences, ({ asked }) => asked.users) },
    ledger: {
      ...shown.ledger,
      connections: joined(({ ledger }) => ledger.connections),
      witnesses: witnessesOfAll(evidences.map(({ ledger }) => ledger)),
    },
    fleet: {
      ...shown.fleet,
      users: joined(({ fleet }) => fleet.users),
      progress: progressOf(
        shown.fleet.progress,
        others.map(({ fleet }) => fleet.progress),
      ),
    },
  };
}

/** Each fleet tells at its own moments: at each of the one's, what the others have told last. */
function progressOf(
  own: readonly ProgressLine[],
  others: readonly (readonly ProgressLine[])[],
): ProgressLine[] {
  const told = others.map(() => 0);
  return own.map((line) => {
    const lines = others.flatMap((progress, index) => {
      let count = told[index] as number;
      while ((progress[count]?.at ?? Number.POSITIVE_INFINITY) <= line.at) count += 1;
      told[index] = count;
      return progress[count - 1] ?? [];
    });
    const sum = (of: (line: ProgressLine) => number) => sumOf([line, ...lines], of);
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

/** What was lost to a witness of any gateway was lost; where one could not tell, the ledger of all is not whole. */
function witnessesOfAll(ledgers: readonly Ledger[]): Ledger['witnesses'] {
  const all: Ledger['witnesses'] = {};
  for (const line of ledgers.flatMap(witnessesOf)) {
    const before = all[line.by];
    all[line.by] = before === undefined ? line : bothSaid(before, line);
  }
  return all;
}

function bothSaid(a: WitnessLine, b: WitnessLine): WitnessLine {
  const without = [...new Set([...(a.without ?? []), ...(b.without ?? [])])];
  return {
    ...a,
    ...b,
    at: Math.max(a.at, b.at),
    lost: a.lost + b.lost,
    ...defined({
      missing: a.missing ?? b.missing,
      without: without.length > 0 ? without : undefined,
      emfileAt: spanOf(a.emfileAt, b.emfileAt),
      failedAccepts: sumsOf(a.failedAccepts, b.failedAccepts),
      failedCalls: a.failedCalls === undefined ? b.failedCalls : a.failedCalls + (b.failedCalls ?? 0),
    }),
  };
}

function spanOf(a: WitnessLine['emfileAt'], b: WitnessLine['emfileAt']): WitnessLine['emfileAt'] {
  if (a === undefined || b === undefined) return a ?? b;
  return { first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) };
}

function sumsOf(
  a: WitnessLine['failedAccepts'],
  b: WitnessLine['failedAccepts'],
): WitnessLine['failedAccepts'] {
  if (a === undefined || b === undefined) return a ?? b;
  const sum = (name: 'EMFILE' | 'ENFILE') => (a[name] === undefined ? b[name] : a[name] + (b[name] ?? 0));
  return defined({ EMFILE: sum('EMFILE'), ENFILE: sum('ENFILE') });
}
