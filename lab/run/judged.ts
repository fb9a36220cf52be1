import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { drawFacts, type Facts } from '../facts/facts.ts';
import { joinVerdicts } from '../verdict/join-verdicts.ts';
import { judge } from '../verdict/judge.ts';
import { CAUSES } from '../verdict/registry.ts';

/** One gateway of an execution: what was measured, drawn from it and judged. */
export interface JudgedGateway {
  evidence: Evidence;
  facts: Facts;
  verdicts: Verdict[];
}

/** An execution that was judged: each gateway by its own evidence, and all together. */
export interface Judged {
  gateways: readonly JudgedGateway[];
  verdicts: Verdict[];
}

/** Judges what was measured. Pure. */
export function judgeEach(evidences: readonly Evidence[]): Judged {
  const gateways = evidences.map((evidence) => {
    const facts = drawFacts(evidence);
    return { evidence, facts, verdicts: judge(facts, CAUSES) };
  });
  return { gateways, verdicts: joinVerdicts(gateways.map(({ verdicts }) => verdicts)) };
}

/** Was the load over before it was ended, and is every user of it told of? */
export function isWhole({ gateways }: Judged): boolean {
  return gateways.every(
    ({ evidence: { fleet, asked, lostParts } }) =>
      lostParts === undefined &&
      fleet.done !== undefined &&
      !fleet.done.interrupted &&
      fleet.users.length === asked.users,
  );
}
