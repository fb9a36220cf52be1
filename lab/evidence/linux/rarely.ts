/** At most this part of the time goes into what is looked at for a reason. */
export const SHARE = 1 / 10;
/** Of what is looked at again though nothing is known to have moved. */
export const CALM_SHARE = 1 / 40;

/**
 * When something that takes long may be done again, so that it takes no more than its share of the time; what is urgent need not wait
 * for more than that. Undefined when it is not its turn.
 * @param least between two turns, ms
 */
export function rarely<T, A extends unknown[]>(
  least: number,
  work: (...args: A) => T,
): (urgent?: boolean, ...args: A) => T | undefined {
  let [nextAt, urgentAt, isWaiting] = [0, 0, false];
  return (urgent = false, ...args) => {
    isWaiting ||= urgent;
    const from = performance.now();
    if (from < (isWaiting ? urgentAt : nextAt)) return undefined;
    isWaiting = false;
    const spent = process.cpuUsage();
    const result = work(...args);
    // What it cost, not how long it took: on a busy machine it has to wait for a processor.
    const { user, system } = process.cpuUsage(spent);
    const cost = (user + system) / 1000;
    urgentAt = from + cost / SHARE;
    nextAt = from + Math.max(least, cost / CALM_SHARE);
    return result;
  };
}
