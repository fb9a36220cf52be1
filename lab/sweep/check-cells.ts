import { CannotRunError, foreseen, messageOf, UsageError } from '../../common/errors.ts';
import type { Driver } from '../drivers/driver.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { checkCapacity } from '../settings/capacity.ts';
import { checkTogether } from '../settings/together.ts';
import type { PlannedCell } from './cells.ts';

/** A runtime that is here, or why it is not. */
export type Found = { runtime: Runtime } | { error: string };

/** The runtimes of those names, each looked for once. Throws UsageError for an unknown name. */
export async function findRuntimes(names: Iterable<string>): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (const name of new Set(names)) {
    try {
      found.set(name, { runtime: await pickRuntime(name) });
    } catch (error) {
      if (!(error instanceof CannotRunError)) throw error;
      found.set(name, { error: messageOf(error).replace(/^--runtime /, 'runtime ') });
    }
  }
  return found;
}

/**
 * Checks every cell as `run` checks its settings, before the first one runs. Gives, for cells that this machine cannot
 * run, why. Throws UsageError for settings that nobody could run as they are.
 */
export async function checkCells(
  cells: readonly PlannedCell[],
  runtimes: ReadonlyMap<string, Found>,
  driver: Driver,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const errors = new Map<string, string>();
  for (const { id, runtime: name, settings } of cells) {
    if (signal.aborted) return errors;
    const found = runtimes.get(name);
    if (found === undefined || 'error' in found) {
      errors.set(id, found?.error ?? `no runtime ${name}`);
      continue;
    }
    checkTogether(settings);
    checkCapacity(settings, name !== 'native');
    driver.check(settings);
    try {
      await found.runtime.check(settings, signal);
      await driver.ready(found.runtime, signal);
    } catch (error) {
      if (signal.aborted) return errors;
      const known = foreseen(error);
      if (known === undefined || known instanceof UsageError) throw error;
      errors.set(id, known.message);
    }
  }
  return errors;
}
