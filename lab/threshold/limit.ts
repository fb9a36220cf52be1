import { connectionCap } from '../causes/connection-cap.ts';
import { ACCEPT_RATE_LAW, largestSafeBurst, SERVED_IN_TIME_LAW, servedInTime } from '../laws/accept-rate.ts';
import { inputOf } from '../laws/input.ts';
import { LAWS, limitingLaw } from '../laws/registry.ts';
import { judge } from '../verdict/judge.ts';
import { ratesOf } from './rates.ts';
import type { Found } from './search.ts';
import type { Failure, MeasuredTrial } from './trial.ts';

/** What stopped one user more, and what the law on it says. */
export interface Limit {
  limitedBy: string;
  law: string | null;
  predicted: number | null;
}

/**
 * Reads the limit from the smallest burst that failed, or from the largest when none did; rates are read from the first
 * that failed: a prediction made before the search for what it predicts.
 */
export function limitOf(
  { smallest: trial, first }: { smallest: MeasuredTrial; first: MeasuredTrial },
  limit: Found['limit'],
  failure: Failure,
): Limit {
  const limitedBy = nameOf(trial, limit);
  if (limitedBy === 'accept-rate') return { limitedBy, ...ratePrediction(first, failure) };
  const input = inputOf(trial.evidence);
  const named = LAWS.find(({ name }) => name === limitedBy);
  const users = named?.predict(input);
  if (named && users !== undefined) return { limitedBy, law: named.formula, predicted: users };
  const least = limitingLaw(input);
  return { limitedBy, law: least?.law.formula ?? null, predicted: least?.users ?? null };
}

function nameOf({ facts, failed }: MeasuredTrial, limit: Found['limit']): string {
  if (failed === 0) return 'nothing';
  if (facts.queue?.heldAtOnce !== undefined) return 'accept-queue';
  if (facts.darwin?.heldAtOnce !== undefined) return 'darwin-queue';
  const [first] = judge(facts).sort((a, b) => b.explains - a.explains);
  // The wider cause: what a limit is called does not depend on the form in which it struck.
  const cause = first && first.explains > 0 ? (first.under ?? first.cause) : 'unknown';
  if (cause === 'fd-exhaustion') return 'descriptors';
  if (cause === 'robots-limit')
    return facts.by.some(({ outcome }) => outcome === 'no-port') ? 'ports' : 'robots-descriptors';
  if (facts.gateway.byReason['max-connections'] || first?.cause === connectionCap.id)
    return 'max-connections';
  return limit === 'rate' && facts.gateway.exit === undefined ? 'accept-rate' : cause;
}

/** Predicted from the rates of this very load. */
function ratePrediction(
  { evidence, facts }: MeasuredTrial,
  failure: Failure,
): Pick<Limit, 'law' | 'predicted'> {
  const rates = facts.queue && ratesOf(evidence.fleet.users, facts.queue.capacity);
  const onlyWaits = failure === 'failed' && !facts.queue?.abort;
  const law = onlyWaits ? SERVED_IN_TIME_LAW : ACCEPT_RATE_LAW;
  if (rates === undefined || facts.queue === undefined) return { law, predicted: null };
  const users = onlyWaits
    ? servedInTime(evidence.asked.connect_timeout_ms, rates)
    : largestSafeBurst(facts.queue.capacity, rates);
  return { law, predicted: Number.isFinite(users) ? users : null };
}
