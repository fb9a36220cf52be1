import type { Hearer } from '../frames.ts';
import { type Body, bodyOf } from './http-body.ts';
import { type Head, readHead } from './http-head.ts';
import type { Answer, Kind } from './kind.ts';

/** What a user is receiving: the head of an answer as far as it has come, or its body. */
type Receiving = Buffer | { body: Body; last: boolean };

const NOTHING = Buffer.alloc(0);

/** GETs with keep-alive, one after another: open once the head of the first answer is there. */
export class HttpKind implements Kind {
  readonly waitsFor = 'the answer to the request';
  readonly #request: string;
  readonly #receiving = new Map<number, Receiving>();

  constructor(authority: string, path: string) {
    this.#request =
      `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: keep-alive\r\n` +
      `User-Agent: resetlab\r\nAccept: */*\r\n\r\n`;
  }

  request(): string {
    return this.#request;
  }

  requestAgain(user: number): string {
    this.#receiving.set(user, NOTHING);
    return this.#request;
  }

  answer(received: Buffer, user: number): Answer {
    const head = readHead(received);
    if (head.is === 'answered') this.#receiving.set(user, receivingOf(head));
    return head;
  }

  heard(hearer: Hearer, user: number, bytes: Buffer): void {
    const receiving = this.#receiving.get(user);
    if (receiving === undefined) return;
    if (Buffer.isBuffer(receiving)) this.#heardHead(hearer, user, Buffer.concat([receiving, bytes]));
    else this.#heardBody(hearer, receiving, bytes);
  }

  #heardHead(hearer: Hearer, user: number, received: Buffer): void {
    const head = readHead(received);
    if (head.is === 'bad') hearer.heardGarbage(head.says);
    else if (head.is === 'partial') this.#receiving.set(user, received);
    else {
      const receiving = receivingOf(head);
      this.#receiving.set(user, receiving);
      this.#heardBody(hearer, receiving, received.subarray(head.rest));
    }
  }

  #heardBody(hearer: Hearer, { body, last }: Exclude<Receiving, Buffer>, bytes: Buffer): void {
    const before = body.complete;
    body.take(bytes);
    // Also when nothing was to come: then it was complete before, and nothing has come.
    if (body.complete && (!before || bytes.length === 0)) hearer.heardAnswer(last);
  }

  servedAtEof(user: number): boolean {
    const receiving = this.#receiving.get(user);
    if (receiving === undefined || Buffer.isBuffer(receiving)) return false;
    return receiving.body.complete || receiving.body.endsAtEof;
  }
}

function receivingOf(head: Head): Exclude<Receiving, Buffer> {
  return { body: bodyOf(head), last: !head.persists };
}
