import type { End, Task, TraceEvent } from '../../../../system/tracefs/events.ts';

/** An RST that was sent so long ago, on however slow a link, is not the one that arrives, ms. */
const ARRIVES_WITHIN_MS = 5000;
/** A socket takes an RST a moment before that closes it (net/ipv4/tcp_input.c tcp_reset); a listener's own says not to whom it goes. */
const WITHIN_MS = 10;
/** Ports of a machine. */
const MOST = 65_536;

/**
 * Both ends of it, what answered it, and who was at work then. `nothing`: no TCP, so it was an ICMP error, or the client would not wait. An
 * ICMP error that comes while connect(2) is under way leaves the end to the client (net/ipv4/tcp_ipv4.c tcp_v4_err).
 */
export interface RefusedConnect {
  local: End;
  remote: End;
  task: Task;
  by: 'RST' | 'nothing';
}

/**
 * Clients of this kernel that asked for a port and were refused by an RST that none of its TCPs had sent, or by no RST at all, from its events in the order of
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

  /** Gives a connect that has ended so. */
  take(event: TraceEvent): RefusedConnect | undefined {
    if (event.kind === 'send' && event.from.port === this.#port) {
      if (event.to.port === 0) this.#sentToSomebody = event.at;
      else keep(this.#sent, event.to.port, event.at);
    } else if (event.kind === 'receive' && event.remote.port === this.#port)
      keep(this.#took, nameOf(event.local), event.at);
    else if (event.kind === 'state' && event.before === 'SYN_SENT' && event.remote.port === this.#port)
      return event.after === 'CLOSE' ? this.#ended(event) : undefined;
    return undefined;
  }

  #ended({ at, ...connect }: Omit<RefusedConnect, 'by'> & { at: number }): RefusedConnect | undefined {
    const { local, remote, task } = connect;
    const took = this.#took.get(nameOf(local));
    this.#took.delete(nameOf(local));
    if (took !== undefined && at - took <= WITHIN_MS)
      return this.#wasForged(took, local) ? { local, remote, task, by: 'RST' } : undefined;
    return { local, remote, task, by: 'nothing' };
  }

  #wasForged(took: number, local: End): boolean {
    const sent = this.#sent.get(local.port) ?? Number.NEGATIVE_INFINITY;
    return took - sent > ARRIVES_WITHIN_MS && took - this.#sentToSomebody > WITHIN_MS;
  }
}

function keep<K>(map: Map<K, number>, key: K, at: number): void {
  if (map.size >= MOST && !map.has(key)) map.clear();
  map.set(key, at);
}

const nameOf = ({ host, port }: End) => `${host} ${port}`;
