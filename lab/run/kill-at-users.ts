import type { GatewayLine } from '../../protocol/gateway-events.ts';
import type { Part } from '../runtimes/runtime.ts';

/** Ends the gateway by SIGKILL, once, as soon as it tells of so many open users; with 0 never. */
export class KillAtUsers {
  /** The gateway, once it listens. */
  part: Part | undefined;
  readonly #users: number;
  #done = false;

  constructor(users: number) {
    this.#users = users;
  }

  /** To be told what the gateway says. */
  watch(line: GatewayLine): void {
    if (line.event !== 'sample' || this.#users === 0 || line.open < this.#users || this.#done) return;
    if (this.part === undefined) return;
    this.#done = true;
    void this.part.signal('SIGKILL');
  }
}
