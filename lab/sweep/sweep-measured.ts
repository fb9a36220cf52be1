import type { Measured } from '../expect/expectation.ts';
import { measuredOfRun, RUN_NAMES } from '../run/run-measured.ts';
import type { SweepDocument } from './sweep-document.ts';

/** What each cell measured, for conditions of all cells; what could not run, and what an interruption left out, was not measured. */
export function measuredOfSweep({ cells, complete }: SweepDocument): Measured[] {
  const each = cells.map(({ id, verdict, error }) =>
    verdict === null
      ? unmeasured(id, `the cell could not run: ${error}`)
      : { ...measuredOfRun(verdict), where: id },
  );
  return complete ? each : [...each, unmeasured('the other cells', 'the sweep was interrupted')];
}

function unmeasured(where: string, why: string): Measured {
  const numbers = Object.fromEntries(RUN_NAMES.map((name) => [name, { why }]));
  return { where, numbers, predicted: null, causes: { why } };
}
