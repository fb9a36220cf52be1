import type { TracedReset } from '../../../../protocol/trace-events.ts';
import type { End, TraceEvent } from '../../../../system/tracefs/events.ts';
import { FREED_WITHIN_MS, pairEvents } from './pair.ts';

/** Of the run's own: some 100 MB. Beyond that they count as lost. */
const MOST_EVENTS = 500_000;

/** The events that tell of resets between a gateway and its robots, kept until the load is over. */
export class ToldResets {
  readonly #gateway: End;
  readonly #placed: boolean;
  readonly #events: TraceEvent[] = [];
  /** Packets that were answered a moment ago. */
  readonly #answered = new Map<number, number>();
  unkept = 0;

  /** `placed`: with the robots' addresses. */
  constructor(gateway: End, placed: boolean) {
    this.#gateway = gateway;
    this.#placed = placed;
  }

  take(event: TraceEvent): void {
    if (!this.#concerns(event)) return;
    if (this.#events.length < MOST_EVENTS) this.#events.push(event);
    else this.unkept += 1;
  }

  #concerns(event: TraceEvent): boolean {
    const { port } = this.#gateway;
    if (event.kind === 'receive') return event.local.port === port || event.remote.port === port;
    if (event.kind === 'drop') {
      const answeredAt = this.#answered.get(event.skb);
      this.#answered.delete(event.skb);
      return answeredAt !== undefined && event.at - answeredAt <= FREED_WITHIN_MS;
    }
    if (event.kind !== 'send') return false;
    // Its memory in use again: whatever it was before is over.
    if (event.from.port !== port && event.to.port !== port) {
      this.#answered.delete(event.skb);
      return false;
    }
    this.#answered.delete(event.skb);
    this.#answered.set(event.skb, event.at);
    for (const [skb, at] of this.#answered) {
      if (event.at - at <= FREED_WITHIN_MS) break;
      this.#answered.delete(skb);
    }
    return true;
  }

  /** Paired, in the order of their sending. */
  paired(toEpoch: number): TracedReset[] {
    return pairEvents(this.#events, this.#gateway, toEpoch, this.#placed);
  }
}
