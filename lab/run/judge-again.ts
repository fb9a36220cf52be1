import { UsageError } from '../../common/errors.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { drawFacts } from '../facts/facts.ts';
import { judge } from '../verdict/judge.ts';
import { CAUSES } from '../verdict/registry.ts';
import { pathOf } from './manifest.ts';
import { readKept } from './read-run-folder.ts';
import type { RunManifest } from './run-manifest.ts';
import { type TriedFix, type VerdictDocument, verdictDocument } from './verdict-document.ts';

/** A run that was judged from its folder. */
export interface JudgedAgain {
  document: VerdictDocument;
  evidence: Evidence;
  fixed: Evidence | undefined;
}

/**
 * Judges the evidence of a run's folder anew: of one that is complete the same as then, of one that was killed what is there, marked
 * incomplete. Throws UsageError where the folder cannot be read, or holds nothing to judge.
 */
export function judgeAgain(folder: string, manifest: RunManifest): JudgedAgain {
  const evidence = readKept(folder, manifest);
  if (evidence.gateway.listening === undefined)
    throw new UsageError(
      `${folder}: nothing was measured in it, since the run was killed or failed; allowed: the folder of a run that measured something`,
    );
  const facts = drawFacts(evidence);
  const { fixed, tried } = readFix(folder, manifest);
  const path = pathOf(folder, manifest);
  const document = verdictDocument(manifest.name, evidence, facts, judge(facts, CAUSES), tried, path);
  document.complete &&= manifest.complete;
  return { document, evidence, fixed };
}

function readFix(
  folder: string,
  manifest: RunManifest,
): { fixed: Evidence | undefined; tried: TriedFix | null } {
  if (manifest.fix === undefined) return { fixed: undefined, tried: null };
  const { tried: fix, asked, error } = manifest.fix;
  if (error !== undefined) return { fixed: undefined, tried: { fix, error } };
  const fixed = readKept(folder, { ...manifest, asked }, 'fix-');
  if (!manifest.complete && fixed.fleet.done === undefined)
    return { fixed: undefined, tried: { fix, error: 'killed before it had a result' } };
  return { fixed, tried: { fix, facts: drawFacts(fixed) } };
}
