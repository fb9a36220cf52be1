import type { Part } from '../runtime.ts';
import type { ToLab, ToMember } from './messages.ts';
import type { Link, Listener, Wire } from './wire.ts';

/** What a container that listens for members says to the lab, one JSON object a line. */
export type FromRelay =
  | { event: 'listening'; port: number }
  | { event: 'refused'; from: string }
  | { event: 'joined'; link: number }
  | { event: 'said'; link: number; message: ToLab }
  | { event: 'left'; link: number; why: string };

/** The lab's word to it. */
export type ToRelay = { link: number; message: ToMember } | { link: number; close: true };

/** A wire to members that connect to a container beside them, which hands on what they say. */
export class RelayedWire implements Wire {
  readonly #listeners = new Map<number, Listener>();
  readonly #waiting: FromRelay[] = [];
  readonly #refused: string[] = [];
  readonly #listening = Promise.withResolvers<void>();
  #take: ((link: Link) => Listener) | undefined;
  #say: (order: ToRelay) => void = () => {};

  /** To be given each line of the container. */
  readonly onLine = (line: unknown): void => {
    const told = line as FromRelay;
    if (told.event === 'listening') this.#listening.resolve();
    else if (told.event === 'refused') this.#refused.push(told.from);
    else if (this.#take === undefined) this.#waiting.push(told);
    else this.#hand(told);
  };

  /** To be given the container. All of its members have left when it has ended. */
  attach(part: Part): void {
    this.#say = (order) => part.say?.(JSON.stringify(order));
    part.ended.then(({ output }) => {
      const [line = ''] = output.split('\n');
      const why = `the channel's own container ended${line && `: ${line}`}`;
      for (const link of [...this.#listeners.keys()]) this.#hand({ event: 'left', link, why });
    });
  }

  /** Resolves when members can come. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  accept(take: (link: Link) => Listener): void {
    this.#take = take;
    for (const told of this.#waiting.splice(0)) this.#hand(told);
  }

  refused(): readonly string[] {
    return this.#refused;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #hand(told: FromRelay): void {
    switch (told.event) {
      case 'joined': {
        const { link } = told;
        const listener = this.#take?.({
          send: (message) => this.#say({ link, message }),
          close: () => this.#say({ link, close: true }),
        });
        if (listener) this.#listeners.set(link, listener);
        break;
      }
      case 'said':
        this.#listeners.get(told.link)?.onMessage(told.message);
        break;
      case 'left':
        this.#listeners.get(told.link)?.onClose(told.why);
        this.#listeners.delete(told.link);
        break;
    }
  }
}
