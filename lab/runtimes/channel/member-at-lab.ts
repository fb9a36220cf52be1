import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import type { Ending, Part, PartSpec } from '../runtime.ts';
import type { Answered } from './clock.ts';
import { withEarlierTimes } from './earlier-times.ts';
import type { Hello, ToLab } from './messages.ts';
import type { Link, Listener } from './wire.ts';

interface Running {
  onLine: (line: unknown) => void;
  ended: PromiseWithResolvers<Ending>;
}

/** A member of the channel as the lab has it. */
export class Member {
  /** How its clock is ahead of the lab's, ms: it is taken away from all times that it tells. Absent: it has the lab's own. */
  aheadMs: number | undefined;
  readonly listener: Listener;
  readonly #link: Link;
  readonly #parts = new Map<number, Running>();
  readonly #times = new Map<number, PromiseWithResolvers<Answered>>();
  #hello: (Hello & { number: number }) | undefined;
  #asked = 0;
  #started = 0;
  #left: string | undefined;
  #told = false;

  /** `onHello` is called once it has said who it is. */
  constructor(link: Link, onHello: () => void) {
    this.#link = link;
    this.listener = {
      onMessage: (message) => {
        if (message.say !== 'hello') this.#take(message);
        else if (this.#hello === undefined) {
          this.#hello = { ...message, number: message.number ?? 0 };
          onHello();
        }
      },
      onClose: (why) => this.#leave(why),
    };
  }

  get hello(): Hello & { number: number } {
    if (this.#hello === undefined) throw new Error('a member of the channel that has not said who it is');
    return this.#hello;
  }

  /** What it is called in messages. */
  get name(): string {
    const { member, host, where } = this.hello;
    return `the container ${host} of ${member}${where === undefined ? '' : ` on ${where}`}`;
  }

  /** Has its connection ended? */
  get left(): boolean {
    return this.#left !== undefined;
  }

  /** Starts a program beside it. The part ends with the program, or when the member is lost. */
  start({ role, module, nodeOptions, env, nofile, onLine }: PartSpec): Part {
    return this.#begin(onLine, (part) =>
      this.#link.send({
        say: 'start',
        part,
        program: { role, module, env, ...defined({ nodeOptions, nofile }) },
      }),
    );
  }

  /** The gateway that runs in its container, as if it had started it. */
  follow(onLine: (line: unknown) => void): Part {
    return this.#begin(onLine, (part) => this.#link.send({ say: 'follow', part }));
  }

  /** What its clock says. Throws CannotRunError when it is lost before it answers. */
  async askTime(): Promise<Answered> {
    this.#asked += 1;
    const answer = Promise.withResolvers<Answered>();
    if (this.#left !== undefined) throw this.#lost(this.#left);
    this.#times.set(this.#asked, answer);
    const sent = Date.now();
    this.#link.send({ say: 'time', id: this.#asked });
    return { ...(await answer.promise), sent };
  }

  /** Tells it that no more orders come: it ends whatever it has started, and itself. */
  end(): void {
    this.#told = true;
    this.#link.send({ say: 'end' });
  }

  #begin(onLine: Running['onLine'], order: (part: number) => void): Part {
    this.#started += 1;
    const part = this.#started;
    const ended = Promise.withResolvers<Ending>();
    const { aheadMs } = this;
    const moved = aheadMs ? (line: unknown) => onLine(withEarlierTimes(line, aheadMs)) : onLine;
    this.#parts.set(part, { onLine: moved, ended });
    if (this.#left === undefined) order(part);
    else ended.resolve(this.#lostEnding(this.#left));
    return {
      ended: ended.promise,
      ...defined({ where: this.hello.where, aheadMs }),
      signal: (name) => this.#signal(part, name),
      say: (text) => this.#link.send({ say: 'line', part, text }),
    };
  }

  /** Resolves when it has been sent there: orders are carried out one after another. */
  async #signal(part: number, name: Parameters<Part['signal']>[0]): Promise<void> {
    this.#link.send({ say: 'signal', part, name });
    await this.askTime().catch(() => {});
  }

  #take(message: Exclude<ToLab, Hello>): void {
    if (message.say === 'time') {
      const { id, received, sent: answered } = message;
      this.#times.get(id)?.resolve({ sent: 0, received, answered, came: Date.now() });
      this.#times.delete(id);
      return;
    }
    const running = this.#parts.get(message.part);
    if (message.say === 'lines') for (const line of message.lines) running?.onLine(line);
    else running?.ended.resolve(message.ending);
  }

  #leave(why: string): void {
    this.#left = why;
    for (const { ended } of this.#parts.values()) ended.resolve(this.#lostEnding(why));
    for (const answer of this.#times.values()) answer.reject(this.#lost(why));
  }

  #lostEnding(why: string): Ending {
    return this.#told
      ? { code: 0, signal: null, output: '' }
      : { code: null, signal: 'gone', output: this.#lost(why).message };
  }

  #lost(why: string): CannotRunError {
    return new CannotRunError(`${this.#hello === undefined ? 'a container' : this.name} was lost: ${why}`);
  }
}
