import type { Hearer } from '../frames.ts';
import { type Expected, SEARCHED } from './greeting.ts';
import { type Body, bodyOf } from './http-body.ts';
import { type Head, readHead } from './http-head.ts';
import type { Answer, Kind } from './kind.ts';
import { type HeaderField, requestHead } from './request-head.ts';

/** An answer whose head has come. */
interface Answered {
  body: Body;
  /** The connection takes no other request: the server closes it. */
  last: boolean;
  /** All of it has come. */
  complete: boolean;
}

/** What a user is receiving: the head of an answer as far as it has come, or its body. */
type Receiving = Buffer | Answered;

const NOTHING = Buffer.alloc(0);

/** GETs with keep-alive, one after another: open once the head of the first answer is there. */
export class HttpKind implements Kind {
  readonly waitsFor = 'the answer to the request';
  readonly #request: string;
  readonly #receiving = new Map<number, Receiving>();

  readonly #expected: Expected | undefined;

  constructor(
    authority: string,
    path: string,
    headers: readonly HeaderField[] = [],
    expected: Expected | undefined = undefined,
  ) {
    const ours: HeaderField[] = [
      ['Host', authority],
      ['Connection', 'keep-alive'],
      ['User-Agent', 'resetlab'],
      ['Accept', '*/*'],
    ];
    this.#request = requestHead(path, ours, headers);
    this.#expected = expected;
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
    if (head.is !== 'answered') return head;
    const answer = this.#expected && lookIn(received, head, this.#expected);
    if (answer !== undefined) return answer;
    this.#receiving.set(user, answeredBy(head));
    return head;
  }

  heard(hearer: Hearer, user: number, bytes: Buffer): void {
    const receiving = this.#receiving.get(user);
    if (receiving === undefined) return;
    if (Buffer.isBuffer(receiving)) this.#heardHead(hearer, user, receiving, bytes);
    else heardBody(hearer, receiving, bytes);
  }

  #heardHead(hearer: Hearer, user: number, before: Buffer, bytes: Buffer): void {
    hearer.heardWords(bytes, before.length === 0 ? 'anew' : undefined);
    const received = Buffer.concat([before, bytes]);
    const head = readHead(received);
    if (head.is === 'bad') hearer.heardFailure(head.says, head.status);
    else if (head.is === 'partial') this.#receiving.set(user, received);
    else {
      const answered = answeredBy(head);
      this.#receiving.set(user, answered);
      heardBody(hearer, answered, received.subarray(head.rest));
    }
  }

  /**
   * In order is the end of a connection whose answer has come in full and had announced it: `Connection: close`, HTTP/1.0 without
   * keep-alive, or no length but the FIN itself. A server that had not is the one that cuts a user which stays, though it may have
   * said when it would (`Keep-Alive: timeout=N`): that is a clock of its own.
   */
  endsInOrder(user: number, by: 'FIN' | 'RST'): boolean {
    const answered = this.#receiving.get(user);
    if (answered === undefined || Buffer.isBuffer(answered)) return false;
    const { body, last } = answered;
    // Cut by an RST it may be too short, and nobody would see it (RFC 9112 §8).
    return body.complete ? last : body.endsAtEof && by === 'FIN';
  }

  served(user: number): boolean {
    const answered = this.#receiving.get(user);
    return answered !== undefined && !Buffer.isBuffer(answered) && answered.body.complete;
  }
}

/** Undefined: the answer, head and the beginning of its body, is as expected. */
function lookIn(received: Buffer, head: Head, expected: Expected): Answer | undefined {
  const wrong = expected.wrongIn(received);
  if (wrong === undefined) return undefined;
  const body = bodyOf(head);
  body.take(received.subarray(head.rest));
  return body.complete || received.length - head.rest >= SEARCHED
    ? { is: 'bad', says: wrong }
    : { is: 'partial' };
}

function heardBody(hearer: Hearer, answered: Answered, bytes: Buffer): void {
  const { body, last } = answered;
  if (answered.complete) {
    // Nobody has asked for it: 408, say, before it closes on one who asks no more.
    hearer.heardWords(bytes, 'anew');
    return;
  }
  body.take(bytes);
  if (!body.complete) return;
  answered.complete = true;
  hearer.heardAnswer(last);
}

function answeredBy(head: Head): Answered {
  return {
    body: bodyOf(head),
    last: !head.persists,
    complete: false,
  };
}
