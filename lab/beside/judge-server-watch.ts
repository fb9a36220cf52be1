import type { HolderState } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { drawFacts, type Facts } from '../facts/facts.ts';
import { judgeOutside, type OutsideVerdict } from '../verdict/judge-server.ts';
import { CAUSES } from '../verdict/registry.ts';
import { joinByPort, withoutLetIn } from './match-by-port.ts';
import { watchWorker } from './pick-worker.ts';

/** What a watch of a server came to. */
export interface JudgedWatch {
  /** The process that came nearest to its limit; undefined: none could be seen. */
  worker: HolderState | undefined;
  facts: Facts;
  verdicts: OutsideVerdict[];
}

/** Judges the evidence of a watch, which has its first snapshot, and is worked over: judge it once. */
export function judgeServerWatch(evidence: Evidence): JudgedWatch {
  const worker = watchWorker(evidence);
  joinByPort(evidence);
  withoutLetIn(evidence);
  const facts = drawFacts(evidence);
  return { worker, facts, verdicts: judgeOutside(facts, CAUSES) };
}
