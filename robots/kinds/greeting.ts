import { isUtf8 } from 'node:buffer';
import { firstBytes, printed } from '../said.ts';

/** Where a user's number goes. */
const NUMBER = '{n}';

/** How much of what a server says first is searched, bytes. */
export const SEARCHED = 65_536;

/** Bytes in base64 that each user sends, with its number in them. */
export class Greeting {
  readonly #latin1: string;
  /** Whether they are text in UTF-8. */
  readonly isText: boolean;

  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64');
    this.#latin1 = bytes.toString('latin1');
    this.isText = isUtf8(bytes);
  }

  /** What this user sends, in latin1. */
  of(user: number): string {
    return this.#latin1.replaceAll(NUMBER, `${user}`);
  }
}

/** What the server is to say first. */
export class Expected {
  readonly #text: string;
  readonly #bytes: Buffer;
  /** Lines that it stretches over. */
  readonly #lines: number;
  readonly waitsFor: string;

  constructor(text: string) {
    this.#text = JSON.stringify(text);
    this.#bytes = Buffer.from(text);
    this.#lines = text.split('\n').length;
    this.waitsFor = `${this.#text} from the server`;
  }

  /** What is wrong with a message, all of which is here; undefined: nothing. */
  wrongIn(message: Buffer): string | undefined {
    if (message.includes(this.#bytes)) return undefined;
    return `expected ${this.#text} first, the server said "${printed(firstBytes('', message))}"`;
  }

  /**
   * The same for a stream as far as it has come; `more`: it may still come. It may not once the server has said as many whole lines as
   * the text has, or 64 KiB.
   */
  lookIn(received: Buffer): 'more' | { wrong: string | undefined } {
    const wrong = this.wrongIn(received);
    if (wrong === undefined || received.length >= SEARCHED) return { wrong };
    let lines = 0;
    for (let at = received.indexOf('\n'); at !== -1; at = received.indexOf('\n', at + 1)) lines++;
    return lines < this.#lines ? 'more' : { wrong };
  }
}
