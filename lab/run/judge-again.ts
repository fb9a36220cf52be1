import { UsageError } from '../../common/errors.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { TriedFix } from './fix-document.ts';
import { judgeEach } from './judged.ts';
import { pathOf } from './manifest.ts';
import { readKept } from './read-run-folder.ts';
import type { RunManifest } from './run-manifest.ts';
import { usersOfAll } from './users-document.ts';
import { type VerdictDocument, verdictDocument } from './verdict-document.ts';

/** A run that was judged from its folder. */
export interface JudgedAgain {
  document: VerdictDocument;
  evidences: readonly Evidence[];
  fixed: readonly Evidence[] | undefined;
}

/**
 * Judges the evidence of a run's folder anew: of one that is complete the same as then, of one that was killed what is there, marked
 * incomplete. Throws UsageError where the folder cannot be read, or holds nothing to judge.
 */
export function judgeAgain(folder: string, manifest: RunManifest): JudgedAgain {
  const evidences = readKept(folder, manifest);
  if (evidences.some(({ gateway }) => gateway.listening === undefined))
    throw new UsageError(
      `${folder}: nothing was measured in it, since the run was killed or failed; allowed: the folder of a run that measured something`,
    );
  const { fixed, tried } = readFix(folder, manifest);
  const path = pathOf(folder, manifest);
  const document = verdictDocument(manifest.name, judgeEach(evidences), tried, path);
  document.complete &&= manifest.complete;
  return { document, evidences, fixed };
}

function readFix(
  folder: string,
  manifest: RunManifest,
): { fixed: readonly Evidence[] | undefined; tried: TriedFix | null } {
  if (manifest.fix === undefined) return { fixed: undefined, tried: null };
  const { tried: fix, asked, error } = manifest.fix;
  if (error !== undefined) return { fixed: undefined, tried: { fix, error } };
  const fixed = readKept(folder, { ...manifest, asked }, 'fix-');
  if (!manifest.complete && fixed.some(({ fleet }) => fleet.done === undefined))
    return { fixed: undefined, tried: { fix, error: 'killed before it had a result' } };
  return { fixed, tried: { fix, users: usersOfAll(judgeEach(fixed)) } };
}
