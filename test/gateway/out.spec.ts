import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { Out } from '../../gateway/out.ts';
import { Gateway, SLOW_MS } from './tools.ts';

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
    await using gateway = await Gateway.start({ SAMPLE_MS: 10 });
    gateway.child.stdout?.pause();
    // Long enough for samples to fill what the pipe holds; were the write to block, it would block from then on.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    const read = gateway.lines.all.length;
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`)).status, 200);
    assert.equal(gateway.lines.all.length, read);
    gateway.child.stdout?.resume();
    assert.equal((await gateway.stop()).code, 0);
    assert.equal(gateway.lines.all.at(-1)?.event, 'drained');
  }).timeout(SLOW_MS);
});
