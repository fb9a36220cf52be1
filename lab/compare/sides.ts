import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { readJson } from '../run/read-json.ts';
import { readEvidence } from '../run/read-run-folder.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import {
  aboutSetting,
  DEFAULTS,
  type Overrides,
  SETTING_NAMES,
  type SettingName,
} from '../settings/schema.ts';
import { SYSTEMS, type System } from './comparison-document.ts';

/** A run, and what it left of its evidence. */
export interface FinishedRun {
  document: VerdictDocument;
  evidence: Evidence;
  path: string;
}

/** The run in a folder. Throws UsageError where there is none, or one that cannot be read. */
function readRun(folder: string): FinishedRun {
  const path = join(folder, 'verdict.json');
  if (!existsSync(path)) {
    const why = existsSync(folder) ? 'no verdict.json in it' : 'no such folder';
    throw new UsageError(
      `compare ${folder}: ${why}; allowed: linux, macos, or the folder of a run that has verdict.json`,
    );
  }
  const document = readJson(path) as VerdictDocument;
  if (document?.schema !== 1)
    throw new UsageError(`${path}: schema ${JSON.stringify(document?.schema) ?? 'missing'}; allowed: 1`);
  const evidences = readEvidence(folder, document);
  if (evidences.length > 1)
    throw new UsageError(
      `compare ${folder}: a run of ${evidences.length} gateways; allowed: the folder of a run of one`,
    );
  return { document, evidence: evidences[0] as Evidence, path: folder };
}

/** Whose kernel a run was on: containers are Linux wherever they are. Throws UsageError for any other. */
export function systemOf({ document: { runtime, host }, path }: FinishedRun): System {
  if (runtime === 'docker' || runtime === 'compose' || host.os === 'linux') return 'linux';
  if (host.os === 'darwin') return 'macos';
  throw new UsageError(`compare ${path}: ran on ${host.os}; allowed: linux, darwin`);
}

/** One side as it was requested: a system, or a run that exists. */
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
      `compare ${left.name} ${right.name}: both sides are the same; allowed: linux and macos, one of them and the folder of a run, or two such folders`,
    );
}

/** The settings of a run, as the scenario of the other side. Sysctls that had their default stay unset. */
export function scenarioOf({ evidence }: FinishedRun): Overrides {
  const asked: Record<string, unknown> = evidence.asked;
  const leftAlone = (name: SettingName) =>
    aboutSetting(name).side === 'sysctl' && String(asked[name]) === String(DEFAULTS[name]);
  const names = SETTING_NAMES.filter((name) => asked[name] !== undefined && !leftAlone(name));
  return Object.fromEntries(
    names.map((name) => {
      const value = asked[name];
      return [name, Array.isArray(value) ? value.join('-') : String(value)];
    }),
  );
}
