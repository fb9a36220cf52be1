import { connectionCap } from '../causes/connection-cap.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Facts } from '../facts/facts.ts';
import {
  ACCEPT_RATE_LAW,
  largestSafeBurst,
  SERVED_IN_TIME_LAW,
  servedInTime,
} from '../laws/accept-rate-law.ts';
import { LAWS, limitingLaw } from '../laws/all-laws.ts';
import type { LawInput } from '../laws/law.ts';
import { inputOf } from '../laws/law-input.ts';
import { judge } from '../verdict/judge.ts';
import { ratesOf } from './rates.ts';
import type { Found } from './search.ts';
import type { Failure, MeasuredTrial } from './user-trial.ts';

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
  const input = inputOf(trial.evidence);
  const seen = trial.failed === 0 ? [] : limitsSeen(trial);
  const law = leastOf(seen, input);
  const limitedBy = law?.name ?? nameOf(trial, limit, seen);
  if (limitedBy === 'accept-rate') return { limitedBy, ...ratePrediction(first, failure) };
  if (law) return { limitedBy, law: law.formula, predicted: law.users };
  const least = limitingLaw(input);
  return { limitedBy, law: least?.law.formula ?? null, predicted: least?.users ?? null };
}

/** All that made users of this load fail, in the words of the laws where one knows it; what explains most users first. */
function limitsSeen({ facts }: MeasuredTrial): string[] {
  const queue = queueSeen(facts);
  const causes = judge(facts)
    .filter(({ explains }) => explains > 0)
    .sort((a, b) => b.explains - a.explains)
    .flatMap((verdict) => inWordsOfLaws(verdict, facts));
  return queue === undefined ? causes : [queue, ...causes];
}

/** While the gateway accepts nobody, who is not in its queue failed at it, whatever became of that user later. */
function queueSeen({ asked, queue, darwin }: Facts): string | undefined {
  if ((queue?.heldAtOnce ?? asked) < asked) return 'accept-queue';
  if ((darwin?.heldAtOnce ?? asked) < asked) return 'darwin-queue';
  return undefined;
}

/** The wider cause: what a limit is called does not depend on the form in which it struck. */
function inWordsOfLaws({ cause, under }: Verdict, { by, gateway }: Facts): string[] {
  const wider = under ?? cause;
  if (wider === 'fd-exhaustion') return ['descriptors'];
  if (wider === 'robots-limit') {
    const ports = by.some(({ outcome }) => outcome === 'no-port') ? ['ports'] : [];
    const files = by.some(({ outcome }) => outcome === 'no-fd') ? ['robots-descriptors'] : [];
    return ports.length + files.length > 0 ? [...ports, ...files] : ['robots-descriptors'];
  }
  return gateway.byReason['max-connections'] || cause === connectionCap.id ? ['max-connections'] : [wider];
}

interface Predicted {
  name: string;
  formula: string;
  users: number;
}

/**
 * Of several laws that one load met, the one that holds fewest users is what stopped one user more. Undefined when a
 * cause that no law knows explains most.
 */
function leastOf(seen: readonly string[], input: LawInput): Predicted | undefined {
  const known = seen.map((name): Predicted | undefined => {
    const law = LAWS.find((one) => one.name === name);
    const users = law?.predict(input);
    return law && users !== undefined ? { name, formula: law.formula, users } : undefined;
  });
  if (known[0] === undefined) return undefined;
  return known.filter((law) => law !== undefined).sort((a, b) => a.users - b.users)[0];
}

/** What no law of capacity predicts. */
function nameOf(
  { facts, failed }: MeasuredTrial,
  limit: Found['limit'],
  [first = 'unknown']: readonly string[],
): string {
  if (failed === 0) return 'nothing';
  const law = LAWS.some(({ name }) => name === first);
  return !law && limit === 'rate' && facts.gateway.exit === undefined ? 'accept-rate' : first;
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
