import { rampMs } from '../../common/duration.ts';
import { sumOf } from '../../common/numbers.ts';
import { LAWS } from '../laws/all-laws.ts';
import { inputOf } from '../laws/law-input.ts';
import { isWhole, type Judged, type JudgedGateway } from '../run/judged.ts';
import { ratePrediction } from '../run/rate-prediction.ts';
import { sumLaw, thresholdOfAll } from '../run/threshold-of-run.ts';
import { usersOfAll } from '../run/users-document.ts';
import { LAW_OF_CAUSE } from '../verdict/law-of-cause.ts';
import { CAUSES } from '../verdict/registry.ts';

/** What a load did not get past. */
export interface Wall {
  /** The cause that was named; `unknown` where none is confirmed. */
  cause: string;
  /** The formula that predicts it; null: no law knows this wall. */
  law: string | null;
  /** Users; null: no law knows it, or the load does not tell what the law reckons with. */
  predicted: number | null;
  /** Users that were let in. */
  measured: number;
  /** The law is on a capacity, which holds so many users however they come; not on a rate. */
  capacity: boolean;
}

/**
 * The wall that this load met; undefined: all users were open to the end. Where as many were let in as the law on a confirmed cause says,
 * to the user, it is that cause: who came after the last of them may have failed in several ways. Else it is the confirmed cause that
 * explains most; but one whose law has room for more stands higher than another one, which failed users before it was met. Of a
 * load that did not come to its end in time nothing is known. Pure.
 */
export function wallOf(judged: Judged): Wall | undefined {
  const { asked, open } = usersOfAll(judged);
  if (open >= asked) return undefined;
  const { measured } = thresholdOfAll(judged);
  const unknown = { cause: 'unknown', law: null, predicted: null, measured, capacity: false };
  if (!isWhole(judged)) return unknown;
  const found = judged.verdicts
    .filter(({ verdict, explains }) => verdict === 'confirmed' && explains > 0)
    .sort((a, b) => b.explains - a.explains)
    .map(({ cause }): Wall => ({ cause, ...predictionOf(judged, cause), measured }));
  return found.find(isFilled) ?? found.find((wall) => !hasRoom(wall)) ?? found[0] ?? unknown;
}

/** A capacity, and just as many were let in as it holds. */
export function isFilled({ capacity, predicted, measured }: Wall): boolean {
  return capacity && predicted === measured;
}

/** A capacity, and it would have held more than were let in: something else failed some of them. */
export function hasRoom({ capacity, predicted, measured }: Wall): boolean {
  return capacity && predicted !== null && predicted > measured;
}

/** Is it one of a queue that has no room? */
export function isOfQueue(cause: string): boolean {
  return cause === LISTEN || CAUSES.some(({ id, under }) => id === cause && under === LISTEN);
}

/** Does it say that users came faster than they were served? */
export function isRate(cause: string): boolean {
  return isOfQueue(cause) || cause === 'slow-accept' || cause === 'app-timeout-or-panic';
}

const LISTEN = 'listen-backlog';

/** What the law on a cause says of all gateways together. */
function predictionOf({ gateways }: Judged, cause: string): Omit<Wall, 'cause' | 'measured'> {
  const each = gateways.map((gateway) => predictionAt(gateway, cause));
  const predicted = each.flatMap((one) => one.predicted ?? []);
  const [first] = each as [(typeof each)[number]];
  return {
    law: first.law && sumLaw(first.law, each.length),
    predicted: predicted.length === each.length ? sumOf(predicted, (users) => users) : null,
    capacity: first.capacity,
  };
}

function predictionAt({ evidence, facts }: JudgedGateway, cause: string) {
  const stopped = evidence.gateway.stopped !== undefined && isOfQueue(cause);
  const name = stopped ? (facts.darwin ? 'darwin-queue' : 'accept-queue') : LAW_OF_CAUSE[cause];
  const law = LAWS.find((one) => one.name === name);
  if (law) return { law: law.formula, predicted: law.predict(inputOf(evidence)) ?? null, capacity: true };
  // Of users who come all at once.
  const burst = rampMs(evidence.asked.ramp) === 0 && (isOfQueue(cause) || cause === 'slow-accept');
  return burst
    ? { ...ratePrediction({ evidence, facts }, 'failed'), capacity: false }
    : { law: null, predicted: null, capacity: false };
}
