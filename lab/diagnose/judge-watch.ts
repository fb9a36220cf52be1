import { judgeServerWatch } from '../beside/judge-server-watch.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import { type DiagnosisDocument, diagnosisDocument } from './diagnosis-document.ts';

/**
 * What is to be said of a server that was watched; the evidence has its first snapshot, and is worked over: judge it once.
 * @param path folder with everything measured; null: none was kept
 */
export function conclude(place: Place, evidence: Evidence, path: string | null): DiagnosisDocument {
  return { ...diagnosisDocument({ place, evidence, ...judgeServerWatch(evidence) }), path };
}
