import type { HolderState } from '../../../protocol/observer-events.ts';
import { holdersOf, peakOf } from '../../beside/pick-worker.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { Facts } from '../../facts/facts.ts';
import { LAWS } from '../../laws/all-laws.ts';
import { DESCRIPTOR_LAW, descriptorThreshold } from '../../laws/descriptor-law.ts';
import { inputOf } from '../../laws/law-input.ts';
import { ratePrediction } from '../../run/rate-prediction.ts';
import type { Found } from '../search.ts';
import type { Failure } from '../user-trial.ts';
import type { ServerTrial } from './server-trial.ts';

/** What a law says of a threshold. */
export interface Prediction {
  predicted: number | null;
  /** Its formula; null: no law knows. */
  law: string | null;
  /** Why nothing is predicted; null: something is. */
  notPredicted: string | null;
}

const SEVERAL = `the sum over the processes that serve of: ${DESCRIPTOR_LAW}`;

/** Those that a cap or a pool of the server's own is. */
const OWN_LEVEL = new Set(['connection-cap', 'concurrency-limit']);

/**
 * What the laws say of a limit by what the watcher read. `first`: the first load that failed, whose rates are known before the search for
 * what they predict.
 */
export function predictionOf(
  limitedBy: string,
  limit: Found['limit'] | null,
  { smallest, first }: { smallest: ServerTrial | undefined; first: ServerTrial | undefined },
  failure: Failure,
): Prediction {
  if (smallest === undefined) return unknown('nothing limited the users that were tried');
  if (limitedBy === 'ephemeral-ports') return byLaw('ports', smallest.evidence);
  if (limitedBy === 'robots-nofile') return byLaw('robots-descriptors', smallest.evidence);
  if (smallest.judged === undefined) return unknown('the server is of another machine, and was not watched');
  if (limitedBy === 'fd-exhaustion') return byDescriptors(smallest.evidence, smallest.judged.facts);
  if (OWN_LEVEL.has(limitedBy))
    return unknown(
      'a limit that the server sets itself: the measured number is it, and the kernel shows no other',
    );
  if (limit === 'rate' && first?.judged && first.evidence.asked.kind !== 'tcp') {
    const { evidence, judged } = first;
    const { predicted, law } = ratePrediction({ evidence, facts: judged.facts }, failure);
    if (predicted !== null) return { predicted, law, notPredicted: null };
    return unknown('too few users came through for a rate');
  }
  return unknown(
    limit === 'rate' ? 'of bare connections no rate of service is known' : 'no law is known for it',
  );
}

function unknown(notPredicted: string): Prediction {
  return { predicted: null, law: null, notPredicted };
}

function byLaw(name: string, evidence: Evidence): Prediction {
  const law = LAWS.find((one) => one.name === name);
  const predicted = law?.predict(inputOf(evidence));
  if (law === undefined || predicted === undefined) return unknown('what the law needs could not be read');
  return { predicted, law: law.formula, notPredicted: null };
}

/** Of one process as a diagnosis has it; of several that served all together, though the kernel chooses who gets a connection. */
function byDescriptors(evidence: Evidence, facts: Facts): Prediction {
  const served = servedBy(evidence);
  if (served.length > 1) return { predicted: roomOf(served), law: SEVERAL, notPredicted: null };
  if (facts.descriptors === undefined) return unknown("the server's descriptors could not be read");
  return { predicted: facts.descriptors.predicted, law: DESCRIPTOR_LAW, notPredicted: null };
}

/** The processes that took connections: the one that started them may have a limit too, and none. */
function servedBy(evidence: Evidence): HolderState[] {
  return holdersOf(evidence).filter((holder) => {
    const peak = peakOf(holder, evidence);
    return peak > holder.descriptors.length || peak >= holder.nofileSoft;
  });
}

function roomOf(holders: readonly HolderState[]): number {
  return holders.reduce(
    (sum, { nofileSoft, descriptors }) => sum + descriptorThreshold(nofileSoft, descriptors),
    0,
  );
}

/**
 * How many users the descriptors of a server at rest have room for: where to look first. Undefined when they cannot be seen. Of processes
 * of which one started others, those others serve.
 */
export function roomAtRest(holders: readonly HolderState[]): number | undefined {
  const pids = new Set(holders.map(({ pid }) => pid));
  const started = holders.filter(({ parent }) => parent !== undefined && pids.has(parent));
  const serving = started.length > 0 ? started : holders;
  return serving.length === 0 ? undefined : Math.max(1, roomOf(serving));
}
