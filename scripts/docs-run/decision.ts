import { durationMs } from '../../common/duration.ts';
import { UsageError } from '../../common/errors.ts';

/** What is done with a command of the docs. The keys of an annotation are explained in docs/testing.md. */
export interface Decision {
  /** Why it is not run; without: it is. */
  skip?: string;
  /** How long it took when that was last measured, ms. */
  takesMs: number;
  /** What this machine must have: see needs.ts. */
  needs: string[];
  exit: number;
  /** A program that serves meanwhile: see server.ts. */
  server?: string;
  /** A command that is run before. */
  first?: string;
  /** A command that is run after, whatever came of it. */
  after?: string;
  /** Put before what is shown. */
  prefix?: string;
  /** Text of the command, and what stands in its place when it is run. */
  replace: [shown: string, run: string][];
  /** After so long it gets Ctrl-C, ms. */
  interruptMs?: number;
  /** The next output on the page is its own. */
  shows: boolean;
  /** Facts of that output that are not the same in every run. */
  varies: string[];
}

type Read = (decision: Decision, value: string) => void;

const time = (value: string): number => {
  const ms = durationMs(value);
  if (ms === undefined) throw new UsageError(`"${value}": allowed: a time, such as 500ms, 10s or 2m`);
  return ms;
};

const KEYS: Record<string, Read> = {
  skip: (decision, value) => {
    decision.skip = value;
  },
  takes: (decision, value) => {
    decision.takesMs = time(value);
  },
  needs: (decision, value) => {
    decision.needs.push(...value.split(','));
  },
  exit: (decision, value) => {
    if (!/^\d+$/.test(value)) throw new UsageError(`"${value}": allowed: an exit code`);
    decision.exit = Number(value);
  },
  server: (decision, value) => {
    decision.server = value;
  },
  first: (decision, value) => {
    decision.first = value;
  },
  after: (decision, value) => {
    decision.after = value;
  },
  prefix: (decision, value) => {
    decision.prefix = value;
  },
  replace: (decision, value) => {
    const [shown = '', run] = value.split(/=(.*)/s);
    if (run === undefined) throw new UsageError(`"${value}": allowed: shown=run`);
    decision.replace.push([shown, run]);
  },
  interrupt: (decision, value) => {
    decision.interruptMs = time(value);
  },
  shows: (decision) => {
    decision.shows = true;
  },
  varies: (decision, value) => {
    decision.varies.push(...value.split(','));
  },
};

const WORD = /\s*([a-z]+)(?:=(?:"([^"]*)"|'([^']*)'|(\S+)))?(?=\s|$)/y;

/**
 * Reads the words of one line of an annotation, after those that hold for the whole block.
 * @throws {UsageError} for a key that there is not, a value that it does not take, and a line that neither skips nor says how long it takes
 */
export function readDecision(...lines: string[]): Decision {
  const decision: Decision = { takesMs: 0, needs: [], exit: 0, replace: [], shows: false, varies: [] };
  for (const line of lines) {
    WORD.lastIndex = 0;
    while (WORD.lastIndex < line.trimEnd().length) {
      const at = WORD.lastIndex;
      const match = WORD.exec(line);
      if (match === null)
        throw new UsageError(
          `"${line.slice(at).trim()}": allowed are words as key, key=value or key='a value'`,
        );
      const [, key = '', ...values] = match;
      const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
      if (read === undefined)
        throw new UsageError(`${key}: no such key; allowed: ${Object.keys(KEYS).join(', ')}`);
      try {
        read(decision, values.find((value) => value !== undefined) ?? '');
      } catch (error) {
        throw new UsageError(`${key}=${(error as Error).message}`);
      }
    }
  }
  if (decision.skip === '') throw new UsageError('skip: say why');
  if ((decision.skip === undefined) === (decision.takesMs === 0))
    throw new UsageError("allowed: either takes=TIME, or skip='why it is not run'");
  return decision;
}
