import { defined } from '../../common/defined.ts';
import type { EvidenceItem, Verdict, VerdictWord } from '../causes/shared/verdict-types.ts';

/** What is shown at one gateway is not undone by another one that has room to spare. */
const STRENGTH: readonly VerdictWord[] = [
  'refuted',
  'insufficient-data',
  'contributing',
  'unknown',
  'confirmed',
];

/**
 * The verdicts on several gateways as one: of each cause the strongest, with the evidence of the gateway where it explains most, and at how
 * many it holds. `explains` is the sum. Those on one gateway stay as they are. Pure.
 */
export function joinVerdicts(ofEach: readonly (readonly Verdict[])[]): Verdict[] {
  if (ofEach.length === 1) return [...(ofEach[0] as Verdict[])];
  const failed = ofEach.flat().reduce((sum, { explains }) => sum + explains, 0);
  return causesOf(ofEach).map((cause) => {
    const found = ofEach.flatMap((verdicts, index) => {
      const verdict = verdicts.find((one) => one.cause === cause);
      return verdict ? [{ number: index + 1, verdict }] : [];
    });
    const strongest = found.toSorted(
      (a, b) => strengthOf(b.verdict) - strengthOf(a.verdict) || b.verdict.explains - a.verdict.explains,
    )[0] as (typeof found)[number];
    const { verdict: told, number } = strongest;
    const explains = found.reduce((sum, { verdict }) => sum + verdict.explains, 0);
    const alike = found.filter(({ verdict }) => verdict.verdict === told.verdict).length;
    const where = whereItem(told.verdict, alike, ofEach.length, number);
    const speaksFor = told.for.length > 0 && told.verdict !== 'refuted';
    return {
      cause,
      ...defined({ under: told.under }),
      verdict: told.verdict,
      explains,
      share: failed === 0 ? 0 : explains / failed,
      for: speaksFor ? [...told.for, where] : told.for,
      against: speaksFor ? told.against : [...told.against, where],
    };
  });
}

/** In their order; `unknown`, which not every gateway has, is the last. */
function causesOf(ofEach: readonly (readonly Verdict[])[]): string[] {
  const causes = new Set(ofEach.flat().map(({ cause }) => cause));
  return [...causes].sort((a, b) => Number(a === 'unknown') - Number(b === 'unknown'));
}

function strengthOf({ verdict }: Verdict): number {
  return STRENGTH.indexOf(verdict);
}

function whereItem(word: VerdictWord, alike: number, all: number, number: number): EvidenceItem {
  const at = alike === all ? `each of ${all} gateways` : `${alike} of ${all} gateways`;
  return {
    source: 'verdicts of the gateways',
    name: word,
    before: null,
    after: alike,
    limit: all,
    says: `${word} at ${at}; this is the evidence of gateway ${number}`,
  };
}
