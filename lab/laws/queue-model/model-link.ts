import type { Agenda } from './agenda.ts';
import type { ModelLink } from './model-input.ts';

/** XNU handles a batch in some tens of microseconds: only the order that follows from it matters. */
const BATCH_MS = 0.05;

/** What Linux takes for a packet over loopback, about: two cores made 4500 handshakes of three in 0.2 s, with the programs' own work. */
const PACKET_MS = 0.01;

/** How packets go. Their order is kept on every kind of link. */
export interface Link {
  /** Has `arrive` called when a packet that is sent now gets there; `syn`: it is one. */
  send(arrive: () => void, syn?: boolean): void;
  /** When the processor will have worked off what was sent, and has time for programs. */
  freeAt(): number;
  /** By how many SYNs its thread found at once, how often; absent where it has none, or not of its own. */
  readonly synsAtOnce?: ReadonlyMap<number, number>;
}

export function newLink(link: ModelLink, agenda: Agenda): Link {
  switch (link.kind) {
    case 'synchronous':
      return backlog(agenda, link.packetMs ?? PACKET_MS);
    case 'delay':
      return sending((arrive) => agenda.plan(agenda.now + link.delayMs, arrive));
    case 'spaced': {
      let free = link.busyMs ?? 0;
      return sending((arrive) => {
        const at = Math.max(agenda.now, free);
        free = at + link.delayMs;
        agenda.plan(at, arrive);
      });
    }
    case 'batches': {
      const every = link.everyMs ?? BATCH_MS;
      return sending((arrive) => agenda.plan((turnAt(agenda.now, every) + 1) * every, arrive));
    }
    case 'thread':
      return new Thread(link, agenda);
  }
}

/** The thread of lo0 (XNU bsd/net/dlil_input.c): it takes all that waits, and what that causes waits for its next look. */
class Thread implements Link {
  readonly synsAtOnce = new Map<number, number>();
  readonly #how: Extract<ModelLink, { kind: 'thread' }>;
  readonly #agenda: Agenda;
  #waiting: { arrive: () => void; syn: boolean }[] = [];
  #awake = false;
  #busyUntil = 0;

  constructor(how: Extract<ModelLink, { kind: 'thread' }>, agenda: Agenda) {
    this.#how = how;
    this.#agenda = agenda;
  }

  send(arrive: () => void, syn = false): void {
    this.#waiting.push({ arrive, syn });
    if (this.#awake) return;
    this.#awake = true;
    const at = this.#agenda.now + this.#how.wakeMs;
    this.#busyUntil = at + this.#how.packetMs;
    this.#agenda.plan(at, () => this.#look());
  }

  freeAt(): number {
    return this.#how.oneCore ? this.#busyUntil : 0;
  }

  #look(): void {
    const found = this.#waiting;
    this.#waiting = [];
    this.#awake = found.length > 0;
    if (!this.#awake) return;
    const syns = found.filter(({ syn }) => syn).length;
    if (syns > 0) this.synsAtOnce.set(syns, (this.synsAtOnce.get(syns) ?? 0) + 1);
    let at = this.#agenda.now;
    for (const { arrive } of found) {
      at += this.#how.packetMs;
      this.#agenda.plan(at, arrive);
    }
    this.#busyUntil = at;
    // After what the last one causes.
    this.#agenda.plan(at, () => this.#look());
  }
}

function sending(send: Link['send']): Link {
  return { send, freeAt: () => 0 };
}

/**
 * Linux's loopback: what is sent goes to the backlog of the processor (net/core/dev.c enqueue_to_backlog), which is worked off in order
 * before connect(2) or write(2) returns: the next program waits so long. A timer does not: what all timers of one tick send is worked
 * off after them, so that SYNs which are sent again come as a batch.
 */
function backlog(agenda: Agenda, packetMs: number): Link {
  let freeAt = 0;
  return {
    send(arrive) {
      freeAt = Math.max(agenda.now, freeAt) + packetMs;
      agenda.plan(freeAt, arrive);
    },
    freeAt: () => freeAt,
  };
}

/** Times are sums of fractions: what is within a millionth of the next turn belongs to it. */
function turnAt(now: number, every: number): number {
  return Math.floor(now / every + 1e-6);
}

/** When each user's SYN can leave: as it arrives, or behind those before it where the loopback's thread sets the pace. */
export function departures(link: ModelLink, arrivals: readonly number[]): number[] {
  if (link.kind !== 'batches') return [...arrivals];
  const gap = (link.everyMs ?? BATCH_MS) / link.batch;
  let free = Number.NEGATIVE_INFINITY;
  return arrivals.map((arrival) => {
    const at = Math.max(arrival, free);
    free = at + gap;
    return at;
  });
}
