import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { fileLabLine } from '../evidence/collect.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Part } from '../runtimes/runtime.ts';

/**
 * Keeps the gateway stopped (SIGSTOP), so that it accepts nobody, from now until `stopMs` after the last user has
 * started. The kernel goes on with handshakes, and the accept queue fills.
 */
export class Stop {
  readonly #gateway: Part;
  readonly #stopMs: number;
  readonly #evidence: Evidence;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  private constructor(gateway: Part, stopMs: number, evidence: Evidence) {
    this.#gateway = gateway;
    this.#stopMs = stopMs;
    this.#evidence = evidence;
  }

  /** Stops the gateway. */
  static async begin(gateway: Part, stopMs: number, evidence: Evidence): Promise<Stop> {
    const stop = new Stop(gateway, stopMs, evidence);
    await gateway.signal('SIGSTOP');
    fileLabLine(evidence, { event: 'gateway-stopped', at: Date.now() });
    return stop;
  }

  /** To be told how the load comes along. */
  watch({ started, asked }: ProgressLine): void {
    if (started < asked || this.#timer) return;
    this.#timer = setTimeout(() => void this.end(), this.#stopMs);
  }

  /** Lets the gateway go on. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#over) return;
    this.#over = true;
    // Before the signal: whoever connected until now did so while the gateway was stopped, beyond doubt.
    fileLabLine(this.#evidence, { event: 'gateway-continued', at: Date.now() });
    await this.#gateway.signal('SIGCONT');
  }
}
