import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf, type Reading, type SwarmTask, stateOf } from './tasks.ts';

const LOOK_MS = 500;

/** Looks at the tasks of a stack while its members are waited for. */
export class Looks {
  readonly #list: () => Promise<SwarmTask[]>;
  readonly #reading: Reading;
  /** What those do that are not there yet, when it last looked. */
  state: string | undefined;

  constructor(list: () => Promise<SwarmTask[]>, reading: Reading) {
    this.#list = list;
    this.#reading = reading;
  }

  /** Throws what two looks running have as the reason why a member will not come; never resolves before the signal. */
  async failed(signal: AbortSignal): Promise<never[]> {
    let before: string | undefined;
    while (!signal.aborted) {
      const tasks = await this.#list();
      this.state = stateOf(tasks, this.#reading);
      const failure = failureOf(tasks, this.#reading);
      // A node that has just become free is seen late.
      if (failure !== undefined && failure.message === before) throw failure;
      before = failure?.message;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
    return [];
  }
}
