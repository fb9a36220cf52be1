import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import { drawFacts } from '../facts/facts.ts';
import { judgeOutside } from '../verdict/judge-server.ts';
import { CAUSES } from '../verdict/registry.ts';
import { type DiagnosisDocument, diagnosisDocument } from './diagnosis-document.ts';
import { joinByPort, withoutLetIn } from './match-by-port.ts';
import { watchWorker } from './pick-worker.ts';

/**
 * What is to be said of a server that was watched; the evidence has its first snapshot, and is worked over: judge it once.
 * @param path folder with everything measured; null: none was kept
 */
export function conclude(place: Place, evidence: Evidence, path: string | null): DiagnosisDocument {
  const worker = watchWorker(evidence);
  joinByPort(evidence);
  withoutLetIn(evidence);
  const facts = drawFacts(evidence);
  const verdicts = judgeOutside(facts, CAUSES);
  return { ...diagnosisDocument({ place, evidence, worker, facts, verdicts }), path };
}
