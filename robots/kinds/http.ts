import type { Hearer } from '../frames.ts';
import { type Body, bodyOf } from './http-body.ts';
import { readHead } from './http-head.ts';
import type { Answer, Kind } from './kind.ts';

/** One GET with keep-alive: open once the head of the answer is there. */
export class HttpKind implements Kind {
  readonly waitsFor = 'the answer to the request';
  readonly #request: string;
  readonly #bodies = new Map<number, Body>();

  constructor(authority: string, path: string) {
    this.#request =
      `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: keep-alive\r\n` +
      `User-Agent: resetlab\r\nAccept: */*\r\n\r\n`;
  }

  request(): string {
    return this.#request;
  }

  answer(received: Buffer, user: number): Answer {
    const head = readHead(received);
    if (head.is === 'answered') this.#bodies.set(user, bodyOf(head));
    return head;
  }

  heard(_hearer: Hearer, user: number, bytes: Buffer): void {
    this.#bodies.get(user)?.take(bytes);
  }

  servedAtEof(user: number): boolean {
    return this.#bodies.get(user)?.completeAtEof ?? false;
  }

  goodbye(): undefined {
    return undefined;
  }
}
