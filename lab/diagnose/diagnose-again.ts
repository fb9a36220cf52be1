import { UsageError } from '../../common/errors.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place, Wanted } from '../evidence/server-place.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import { type Manifest, pathOf } from '../run/manifest.ts';
import { readKept } from '../run/read-run-folder.ts';
import type { KeptLoad } from '../target/server-load.ts';
import type { DiagnosisDocument } from './diagnosis-document.ts';
import { conclude } from './judge-watch.ts';

/** manifest.json of a diagnosis. */
export interface DiagnosisManifest extends Manifest {
  kind: 'diagnose';
  wanted: Wanted;
  /** Where the server is. */
  place: Place;
  forMs?: number;
  /** Absent: somebody else's. */
  load?: KeptLoad;
  /** Settings in force; absent: it was killed before it had judged. */
  effective?: EffectiveSettings;
}

/**
 * Judges the evidence of a diagnosis's folder anew: of one that is complete the same as then, of one that was killed what is there,
 * marked incomplete. Throws UsageError where the folder cannot be read, or holds nothing to judge.
 */
export function diagnoseAgain(
  folder: string,
  manifest: DiagnosisManifest,
): { document: DiagnosisDocument; evidence: Evidence } {
  const [evidence] = readKept(folder, manifest) as [Evidence];
  if (evidence.observer.before?.server === undefined)
    throw new UsageError(
      `${folder}: nothing was watched in it, since the diagnosis was killed; allowed: the folder of a diagnosis that watched something`,
    );
  const document = conclude(manifest.place, evidence, pathOf(folder, manifest));
  document.complete &&= manifest.complete;
  return { document, evidence };
}
