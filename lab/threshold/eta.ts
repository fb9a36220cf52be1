/** The time left, from what the values before took. A value costs what its number of users does, beside a start of its own. */
export class TimeLeft {
  readonly #costs: readonly number[];
  readonly #now: () => number;
  readonly #from: number;
  #done = 0;

  /** @param users expected at each value, in order; undefined where nobody knows */
  constructor(users: readonly (number | undefined)[], now: () => number = () => performance.now()) {
    const known = users.filter((number) => number !== undefined);
    const usual = known.length > 0 ? known.reduce((sum, number) => sum + number, 0) / known.length : 1;
    this.#costs = users.map((number) => START_COST + (number ?? usual));
    this.#now = now;
    this.#from = now();
  }

  /** To be called after each value. */
  next(): void {
    this.#done += 1;
  }

  /** Milliseconds; undefined before the first value is done. */
  left(): number | undefined {
    if (this.#done === 0) return undefined;
    const sum = (costs: readonly number[]) => costs.reduce((total, cost) => total + cost, 0);
    const perCost = (this.#now() - this.#from) / sum(this.#costs.slice(0, this.#done));
    return perCost * sum(this.#costs.slice(this.#done));
  }
}

/** Starting and ending everything takes as long as so many users do. */
const START_COST = 1500;
