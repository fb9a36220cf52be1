import type { End, Task, TraceEvent } from '../../../../system/tracefs/events.ts';

/** An RST that was sent so long ago, on however slow a link, is not the one that arrives, ms. */
const ARRIVES_WITHIN_MS = 5000;
/** A socket takes an RST a moment before that closes it (net/ipv4/tcp_input.c tcp_reset); a listener's own says not to whom it goes. */
const WITHIN_MS = 10;
/** Ports of a machine. */
const MOST = 65_536;

/**
 * Clients of this kernel that asked for a port and were refused by an RST that none of its TCPs had sent, from its events in the order of
 * their times.
 */
export class ForgedRefusals {
  readonly #port: number;
  /** The last RST from the port to each port of a client, and the last of which it is not told to whom. */
  readonly #sent = new Map<number, number>();
  #sentToSomebody = Number.NEGATIVE_INFINITY;
  /** The last that each client's end has taken from the port. */
  readonly #took = new Map<string, number>();

  constructor(port: number) {
    this.#port = port;
  }

  /** Gives both ends of a connect that was refused so, and who was at work then. */
  take(event: TraceEvent): { local: End; remote: End; task: Task } | undefined {
    if (event.kind === 'send' && event.from.port === this.#port) {
      if (event.to.port === 0) this.#sentToSomebody = event.at;
      else keep(this.#sent, event.to.port, event.at);
    } else if (event.kind === 'receive' && event.remote.port === this.#port)
      keep(this.#took, nameOf(event.local), event.at);
    else if (event.kind === 'state' && event.before === 'SYN_SENT' && event.remote.port === this.#port)
      return event.after === 'CLOSE' && this.#wasForged(event) ? event : undefined;
    return undefined;
  }

  #wasForged({ at, local }: { at: number; local: End }): boolean {
    const took = this.#took.get(nameOf(local));
    this.#took.delete(nameOf(local));
    if (took === undefined || at - took > WITHIN_MS) return false;
    const sent = this.#sent.get(local.port) ?? Number.NEGATIVE_INFINITY;
    return took - sent > ARRIVES_WITHIN_MS && took - this.#sentToSomebody > WITHIN_MS;
  }
}

function keep<K>(map: Map<K, number>, key: K, at: number): void {
  if (map.size >= MOST && !map.has(key)) map.clear();
  map.set(key, at);
}

const nameOf = ({ host, port }: End) => `${host} ${port}`;
