import { CannotRunError, foreseen } from '../../common/errors.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { Paper } from './questions.ts';

/** The paper without what this runtime refuses, which is skipped with its reason. Throws CannotRunError when nothing is left. */
export async function readyPaper(
  paper: Paper,
  runtime: Runtime,
  driver: Driver,
  signal?: AbortSignal,
): Promise<Paper> {
  const refused = new Map<string, string>();
  for (const { id, settings } of paper.questions) {
    signal?.throwIfAborted();
    if (refused.has(id)) continue;
    try {
      driver.check(settings);
      await runtime.check(settings, signal);
    } catch (error) {
      const known = foreseen(error);
      if (known === undefined) throw error;
      refused.set(id, known.message);
    }
  }
  const questions = paper.questions.filter(({ id }) => !refused.has(id));
  const skipped = [...paper.skipped, ...[...refused].map(([id, why]) => ({ id, why }))];
  if (questions.length === 0)
    throw new CannotRunError(`exam: nothing to ask on ${runtime.name}: ${skipped[0]?.why ?? 'no question'}`);
  return { questions, skipped };
}
