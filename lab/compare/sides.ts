import { UsageError } from '../../common/errors.ts';
import type { Overrides } from '../settings/schema.ts';
import { aboutSetting, SETTING_NAMES, settingsSchema } from '../settings/schema.ts';
import { SYSTEMS, type System } from './comparison-document.ts';
import { type FinishedRun, readRun, systemOf } from './measured.ts';

/** One side as it was asked for: a system, or a run that there is. */
export type Side = { name: string; os: System; run?: FinishedRun };

/** `linux`, `macos`, or the folder of a run. Throws UsageError for anything else. */
export function readSide(text: string): Side {
  const os = SYSTEMS.find((name) => name === text);
  if (os !== undefined) return { name: os, os };
  const run = readRun(text);
  return { name: text, os: systemOf(run), run };
}

/** Throws UsageError when there is nothing to compare. */
export function checkSides([left, right]: readonly [Side, Side]): void {
  if (left.run === undefined && right.run === undefined && left.os === right.os)
    throw new UsageError(
      `compare ${left.name} ${right.name}: twice the same; allowed: linux and macos, one of them and the folder of a run, or two such folders`,
    );
}

/** What a run was asked for, as the scenario of the other side. Sysctls that were left as they are by default stay so. */
export function scenarioOf({ evidence }: FinishedRun): Overrides {
  const plain: Record<string, unknown> = settingsSchema.parse({});
  const asked: Record<string, unknown> = evidence.asked;
  const entries = SETTING_NAMES.flatMap((name) => {
    const value = asked[name];
    if (value === undefined) return [];
    if (aboutSetting(name).side === 'sysctl' && String(value) === String(plain[name])) return [];
    return [[name, Array.isArray(value) ? value.join('-') : String(value)]];
  });
  return Object.fromEntries(entries);
}
