import { sumOf } from '../../common/numbers.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import type { Facts } from '../facts/facts.ts';
import { limitingLaw } from '../laws/all-laws.ts';
import { DESCRIPTOR_LAW } from '../laws/descriptor-law.ts';
import { inputOf } from '../laws/law-input.ts';
import type { Judged } from './judged.ts';

export interface ThresholdDocument {
  measured: number;
  predicted: number | null;
  law: string;
  /** True when nobody failed, or some were lost, so that the threshold is this or higher. */
  atLeast: boolean;
}

/**
 * Users that were let in, against the prediction of the law that limits first. While the gateway is kept stopped, to be let
 * in is to be in its accept queue, and to meet no other limit after it.
 */
export function thresholdDocument(evidence: Evidence, facts: Facts): ThresholdDocument {
  const least = limitingLaw(inputOf(evidence));
  const held = facts.queue?.servedAtOnce ?? facts.darwin?.servedAtOnce;
  return {
    measured: held ?? countOf(evidence.fleet.users, (user) => user.openMs !== undefined),
    predicted: least?.users ?? null,
    law: least?.law.formula ?? DESCRIPTOR_LAW,
    atLeast: hasLost(evidence) || (held === undefined ? facts.failed.length === 0 : held === facts.asked),
  };
}

/** The sum of the thresholds of all gateways, since users go to them by number: of predictions, where all have one. */
export function thresholdOfAll({ gateways }: Judged): ThresholdDocument {
  const each = gateways.map(({ evidence, facts }) => thresholdDocument(evidence, facts));
  const [first] = each as [ThresholdDocument];
  if (each.length === 1) return first;
  const predicted = each.flatMap((one) => one.predicted ?? []);
  return {
    measured: sumOf(each, ({ measured }) => measured),
    predicted: predicted.length === each.length ? sumOf(predicted, (users) => users) : null,
    law: sumLaw(first.law, each.length),
    atLeast: each.every(({ atLeast }) => atLeast) || gateways.some(({ evidence }) => hasLost(evidence)),
  };
}

/** Users who were lost may have been let in. */
function hasLost({ lostParts }: Evidence): boolean {
  return lostParts !== undefined;
}

/** A law on one gateway, as that on the sum of several. */
export function sumLaw(law: string, gateways: number): string {
  return gateways === 1 ? law : `sum over ${gateways} gateways: ${law}`;
}
