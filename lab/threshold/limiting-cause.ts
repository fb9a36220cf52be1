import { sumOf } from '../../common/numbers.ts';
import type { Facts } from '../facts/facts.ts';
import { LAWS, limitingLaw } from '../laws/all-laws.ts';
import type { LawInput } from '../laws/law.ts';
import { inputOf } from '../laws/law-input.ts';
import { sumLaw } from '../run/threshold-of-run.ts';
import { judge } from '../verdict/judge.ts';
import { CAUSES } from '../verdict/registry.ts';
import { ratePrediction } from './rate-prediction.ts';
import type { Found } from './search.ts';
import { type Failure, type MeasuredTrial, servedOf, type TrialGateway } from './user-trial.ts';

/** What stopped one user more, and what the law on it says. */
export interface Limit {
  limitedBy: string;
  law: string | null;
  predicted: number | null;
}

/** The law on the limit that a cause is the failing at. */
const LAW_OF: Readonly<Record<string, string>> = {
  'fd-exhaustion': 'descriptors',
  'ephemeral-ports': 'ports',
  'robots-nofile': 'robots-descriptors',
  'connection-cap': 'max-connections',
};

/** A cause whose limit is a rate has no law of capacity, and its own name. */
const RATES: readonly string[] = ['tls-handshake'];

/**
 * Reads the limit from the smallest burst that failed, or from the largest when none did; rates are read from the first
 * that failed: a prediction made before the search for what it predicts.
 */
export function limitOf(
  { smallest, first }: { smallest: MeasuredTrial; first: MeasuredTrial },
  limit: Found['limit'],
  failure: Failure,
): Limit {
  const each = smallest.gateways.map((gateway, number) => {
    const failed = gateway.facts.asked - servedOf(gateway.facts, failure);
    const earlier = first.gateways[number] as TrialGateway;
    return { failed, ...limitOfGateway({ ...gateway, failed }, earlier, limit, failure) };
  });
  const { failed: _, ...most } = each.toSorted((a, b) => b.failed - a.failed)[0] as (typeof each)[number];
  if (each.length === 1) return most;
  const predicted = each.flatMap((one) => one.predicted ?? []);
  return {
    ...most,
    law: most.law && sumLaw(most.law, each.length),
    predicted: predicted.length === each.length ? sumOf(predicted, (users) => users) : null,
  };
}

function limitOfGateway(
  { evidence, facts, failed }: TrialGateway & { failed: number },
  first: TrialGateway,
  limit: Found['limit'],
  failure: Failure,
): Limit {
  const input = inputOf(evidence);
  const seen = failed === 0 ? [] : limitsSeen(facts);
  const met = leastOf(seen, input);
  if (met) return { limitedBy: met.name, law: met.formula, predicted: met.users };
  const [most = failed === 0 ? 'nothing' : 'unknown'] = seen;
  if (RATES.includes(most)) return { limitedBy: most, ...ratePrediction(first, failure) };
  const known = LAWS.some(({ name }) => name === most);
  if (limit === 'rate' && !known && facts.gateway.exit === undefined)
    return { limitedBy: 'accept-rate', ...ratePrediction(first, failure) };
  const least = limitingLaw(input);
  return { limitedBy: most, law: least?.law.formula ?? null, predicted: least?.users ?? null };
}

/**
 * All that made users of this load fail, what explains most of them first: by the law on it, else by the wider cause, since what a
 * limit is called does not depend on the form in which it struck.
 */
function limitsSeen(facts: Facts): string[] {
  const causes = judge(facts, CAUSES)
    .filter(({ explains }) => explains > 0)
    .sort((a, b) => b.explains - a.explains)
    .map(({ cause, under }) => LAW_OF[cause] ?? (RATES.includes(cause) ? cause : (under ?? cause)));
  return [...queueSeen(facts), ...causes];
}

/** While the gateway accepts nobody, who is not in its queue failed at it, whatever became of that user later. */
function queueSeen({ asked, queue, darwin }: Facts): string[] {
  if ((queue?.heldAtOnce ?? asked) < asked) return ['accept-queue'];
  return (darwin?.heldAtOnce ?? asked) < asked ? ['darwin-queue'] : [];
}

/**
 * Of several laws that one load met, the one that holds fewest users is what stopped one user more. Undefined when a
 * cause that no law knows explains most.
 */
function leastOf(seen: readonly string[], input: LawInput) {
  const [first, ...others] = seen.map((met) => {
    const law = LAWS.find(({ name }) => name === met);
    const users = law?.predict(input);
    return law && users !== undefined ? { ...law, users } : undefined;
  });
  return first && [first, ...others].filter((law) => law !== undefined).sort((a, b) => a.users - b.users)[0];
}
