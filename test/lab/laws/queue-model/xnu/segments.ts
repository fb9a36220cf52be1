import { Agenda } from '../../../../../lab/laws/queue-model/agenda.ts';
import {
  type Application,
  type ClientEnd,
  type Connection,
  newConnection,
  type Segment,
  type World,
} from '../../../../../lab/laws/queue-model/connection.ts';
import { DarwinListener } from '../../../../../lab/laws/queue-model/darwin.ts';
import { DarwinTimers } from '../../../../../lab/laws/queue-model/darwin-timers.ts';
import type { DarwinSettings } from '../../../../../lab/laws/queue-model/model-input.ts';
import { Peaks, Tally } from '../../../../../lab/laws/queue-model/tally.ts';
import { timersOf } from '../../../../../lab/laws/queue-model/timers.ts';

const SAYS: Record<Segment, string> = { ack: '>A', data: '>PA', fin: '>FA', rst: '>R' };

/** Hand-made clients at a listener of the model, each packet there at once. */
export class Segments {
  /** By client: `>` from it, `<` to it; S SYN, A ACK, P data, F FIN, R RST. The model sends no ACKs of data and of FIN. */
  readonly logs: string[][] = [];
  readonly listener: DarwinListener;
  readonly agenda = new Agenda();
  readonly tally = new Tally();
  readonly peaks = new Peaks();
  readonly #connections: Connection[] = [];
  #frozen: Record<string, number> | undefined;
  readonly #onPacket: ((client: number, packet: string) => void) | undefined;

  /** @param random the first value of tcp_dropdropablreq’s generator */
  constructor(settings: DarwinSettings, random = 1, onPacket?: (client: number, packet: string) => void) {
    this.#onPacket = onPacket;
    const timers = new DarwinTimers(this.agenda);
    const said = (words: string) => (connection: Connection) => this.#log(connection, words);
    const clients: ClientEnd = {
      synAck: said('<SA'),
      ack: said('<A'),
      reset: said('<R'),
      fin: said('<FA'),
      answer: said('<PA'),
    };
    const app: Application = { wake: () => {}, heard: () => {} };
    const world = {
      agenda: this.agenda,
      link: { send: (arrive: () => void) => arrive(), freeAt: () => 0 },
      after: timersOf(this.agenda, undefined),
      timers,
      tally: this.tally,
      peaks: this.peaks,
      clients,
      app,
    } as unknown as World;
    this.listener = new DarwinListener(settings, world, timers, { random, second: 0, now: 0, before: 0 });
    Object.assign(world, { listener: this.listener });
  }

  /** From now on nothing is counted. */
  freeze(): void {
    this.#frozen = { ...this.tally.counters };
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#frozen ?? this.tally.counters;
  }

  syn(client: number): void {
    this.#log(this.#of(client), '>S');
    this.listener.syn(this.#of(client));
  }

  send(client: number, segment: Segment): void {
    this.#log(this.#of(client), SAYS[segment]);
    this.listener.segment(this.#of(client), segment);
  }

  /** The client’s number; undefined: nobody waits. */
  accept(): number | undefined {
    const connection = this.listener.accept();
    if (connection === undefined) return undefined;
    connection.server = 'accepted';
    return connection.id;
  }

  /** accept(2) without a descriptor. Whether there was anybody. */
  acceptWithout(): boolean {
    const connection = this.listener.accept();
    if (connection === undefined) return false;
    this.listener.close(connection);
    return true;
  }

  close(client: number): void {
    this.listener.close(this.#of(client));
  }

  read(client: number): void {
    this.#of(client).unread = false;
  }

  /** Its SYN was answered. */
  answered(client: number): boolean {
    return this.logs[client]?.includes('<SA') ?? false;
  }

  /** Of so many clients: C connected, R reset, N no answer to the SYN. */
  outcomes(clients: number): string {
    return Array.from({ length: clients }, (_, client) => {
      const log = this.logs[client] ?? [];
      return log.includes('<R') ? 'R' : log.includes('<SA') ? 'C' : 'N';
    }).join('');
  }

  #of(client: number): Connection {
    this.#connections[client] ??= newConnection(client);
    return this.#connections[client];
  }

  #log({ id = 0 }: Connection, words: string): void {
    this.logs[id] ??= [];
    this.logs[id].push(words);
    this.#onPacket?.(id, words);
  }
}
