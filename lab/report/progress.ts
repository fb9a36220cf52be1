import type { ProgressLine } from '../../protocol/fleet-events.ts';

const WIDTH = 30;

/** Live progress on stderr: a bar that is redrawn on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  #drawn = false;
  #lastLine = 0;

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
  }

  /** Says what begins now. */
  step(text: string): void {
    this.end();
    this.#out.write(`${text}\n`);
    this.#lastLine = 0;
  }

  /** Shows how far the load is. */
  show(line: ProgressLine): void {
    const text = progressText(line);
    if (this.#out.isTTY) {
      this.#out.write(`\r\x1b[K${text}`);
      this.#drawn = true;
    } else if (line.at - this.#lastLine >= 1000) {
      this.#out.write(`${text}\n`);
      this.#lastLine = line.at;
    }
  }

  /** Leaves the last state of the bar standing. */
  end(): void {
    if (this.#drawn) this.#out.write('\n');
    this.#drawn = false;
  }
}

/** One line: a bar of the users open (█), failed (░) and still on their way, with the numbers. */
function progressText({ asked, open, failed, bets }: ProgressLine): string {
  const part = (users: number) => Math.round((users / Math.max(1, asked)) * WIDTH);
  const bar = '█'.repeat(part(open)) + '░'.repeat(Math.min(part(failed), WIDTH - part(open)));
  return `  [${bar.padEnd(WIDTH)}] ${asked} requested  ${open} open  ${failed} failed  ${bets.acked} bets`;
}
