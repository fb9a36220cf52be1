import type { Evidence } from '../evidence/evidence.ts';
import type { Facts } from '../facts/facts.ts';
import {
  ACCEPT_RATE_LAW,
  largestSafeBurst,
  SERVED_IN_TIME_LAW,
  servedInTime,
} from '../laws/accept-rate-law.ts';
import { ratesOf } from './rates.ts';

/**
 * The largest burst without a failure, predicted from the rates of this very load; null: users were too few to tell. `waited`: who had
 * to repeat its SYN has failed as well.
 */
export function ratePrediction(
  { evidence, facts }: { evidence: Evidence; facts: Facts },
  failure: 'failed' | 'waited',
): { law: string; predicted: number | null } {
  const rates = facts.queue && ratesOf(evidence.fleet.users, facts.queue.capacity);
  const onlyWaits = failure === 'failed' && !facts.queue?.abort;
  const law = onlyWaits ? SERVED_IN_TIME_LAW : ACCEPT_RATE_LAW;
  if (rates === undefined || facts.queue === undefined) return { law, predicted: null };
  const users = onlyWaits
    ? servedInTime(evidence.asked.connect_timeout_ms, rates)
    : largestSafeBurst(facts.queue.capacity, rates);
  return { law, predicted: Number.isFinite(users) ? users : null };
}
