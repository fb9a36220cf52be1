import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Out } from '../../gateway/event-writer.ts';
import { Gateway, HANG_MS, raw, SLOW_MS } from './tools.ts';

const LINE = { event: 'error', at: 0, fatal: false, message: 'm'.repeat(1000) } as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function stdout() {
  const writes: string[] = [];
  let release = () => {};
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 100,
    write(chunk, _encoding, done) {
      writes.push(chunk);
      release = done;
    },
  });
  return { writes, stream: stream as unknown as NodeJS.WriteStream, release: () => release() };
}

describe('gateway lines', () => {
  it('go out in one write for each turn of the loop', async () => {
    const { writes, stream } = stdout();
    const out = new Out(stream);
    for (let i = 0; i < 5000; i++) out.write(LINE);
    assert.equal(writes.length, 0);
    await turn();
    assert.equal(writes.length, 1);
    assert.equal(writes[0]?.trim().split('\n').length, 5000);
  });

  it('are dropped and counted when nobody reads, without bound to neither', async () => {
    const { writes, stream, release } = stdout();
    const out = new Out(stream);
    out.write(LINE);
    await turn();
    for (let i = 0; i < 30_000; i++) {
      out.write(LINE);
      if (i % 1000 === 0) await turn();
    }
    assert.equal(writes.length, 1);
    assert.ok(out.dropped > 10_000, `${out.dropped}`);
    release();
    await turn();
    await turn();
    const written = writes.join('').trim().split('\n').length;
    assert.equal(written + out.dropped, 30_001);
  });

  it('are not waited for when the reader is gone', async () => {
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const out = new Out(stream as unknown as NodeJS.WriteStream);
    out.write(LINE);
    await turn();
    await turn();
    out.write(LINE);
    await out.finish(60_000);
    assert.equal(out.dropped, 1);
  });

  it('never hold up the gateway, read or not', async () => {
    using pipe = new FullPipe();
    await using gateway = new Gateway({ SAMPLE_MS: 10 }, undefined, pipe.end);
    const listening = await pipe.until(/^.*"event":"listening".*$/m);
    gateway.port = JSON.parse(listening).port;
    pipe.fill();
    // Its line of this is due before it looks for another request; were the write to block, it would block here.
    assert.match(await (await raw(gateway.port, 'nonsense\r\n\r\n')).ended, /^HTTP\/1.1 400 /);
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`)).status, 200);
    assert.ok(pipe.isFull(), 'nobody has read meanwhile');
    await pipe.until(/"reason":"bad-request"/);
    gateway.child.kill('SIGTERM');
    await pipe.until(/"event":"drained"/);
    assert.equal((await gateway.ended).code, 0);
  }).timeout(SLOW_MS);
});

/** A pipe of this test's own: it can be filled to the last byte, and is read when the test says so. */
class FullPipe implements Disposable {
  /** The end to write to, for a child. */
  readonly end: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'resetlab-pipe-'));
  readonly #ends: number[];
  #text = '';

  constructor() {
    const path = join(this.#folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
    const reader = openSync(path, O_RDONLY | O_NONBLOCK);
    this.end = openSync(path, O_WRONLY);
    this.#ends = [reader, openSync(path, O_WRONLY | O_NONBLOCK), this.end];
  }

  /** Writes empty lines until there is room for none. */
  fill(): void {
    for (const size of [4096, 1]) while (this.#write(size));
  }

  isFull(): boolean {
    return !this.#write(1);
  }

  /** Reads until the text so far fits; gives what did. */
  async until(wanted: RegExp): Promise<string> {
    for (const hangs = performance.now() + HANG_MS; ; ) {
      this.#text += this.#read();
      const [found] = wanted.exec(this.#text) ?? [];
      if (found !== undefined) return found;
      assert.ok(performance.now() < hangs, `${wanted} does not come after ${this.#text.trim().slice(-500)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #write(size: number): boolean {
    return attempt(() => writeSync(this.#ends[1] as number, '\n'.repeat(size))) !== undefined;
  }

  #read(): string {
    const chunk = Buffer.alloc(65_536);
    const size = attempt(() => readSync(this.#ends[0] as number, chunk)) ?? 0;
    return chunk.toString('utf8', 0, size);
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) closeSync(end);
    rmSync(this.#folder, { recursive: true });
  }
}

/** Undefined where the pipe has no room, or nothing in it. */
function attempt(work: () => number): number | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
