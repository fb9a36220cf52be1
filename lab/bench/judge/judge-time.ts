import { drawFacts } from '../../facts/facts.ts';
import { judge } from '../../verdict/judge.ts';
import { judgeOutside } from '../../verdict/judge-server.ts';
import { median } from '../figures.ts';
import { type Case, mixedEvidence } from './made-evidence.ts';

/** What one judgement took: the facts drawn from the evidence, and the verdict on them. Wall time, ms, medians. */
export interface JudgeRow extends Case {
  factsMs: number;
  judgeMs: number;
}

/** Draws the facts of such evidence and judges them, so many times. */
export function timeJudge(one: Case, repeat: number): JudgeRow {
  const factsMs: number[] = [];
  const judgeMs: number[] = [];
  for (let trial = 0; trial < repeat; trial += 1) {
    const evidence = mixedEvidence(one);
    const begun = performance.now();
    const facts = drawFacts(evidence);
    const drawn = performance.now();
    if (one.server === 'ours') judge(facts);
    else judgeOutside(facts);
    judgeMs.push(performance.now() - drawn);
    factsMs.push(drawn - begun);
  }
  return { ...one, factsMs: median(factsMs), judgeMs: median(judgeMs) };
}
