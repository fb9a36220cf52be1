import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { skipOffLinux } from '../skip.ts';
import { crowd, Listener, lone, text, UPGRADED } from './tools.ts';

// Waits for a round that never comes, for no longer than somebody is open.
const UNTIL_IT_ENDS = { ROUNDS: 1, ROUND_WAIT_MS: 60_000 };

/** What matters of a line, without times and ports. */
async function ending(listener: Listener, env: Record<string, number> = {}) {
  const {
    event: _,
    id: __,
    port: ___,
    startedAt,
    bets,
    connectedMs,
    openMs,
    endedMs,
    ...rest
  } = await lone(listener.port, env);
  return rest;
}

describe('endings of a user, on real sockets', () => {
  it('refused: nobody listens', async () => {
    const gone = await Listener.start(() => {});
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    const user = await lone(port);
    assert.deepEqual(
      [user.outcome, user.stage, user.errno, user.syscall],
      ['refused', 'connect', 'ECONNREFUSED', 'connect'],
    );
    assert.equal(user.connectedMs, undefined);
    assert.ok(user.endedMs !== undefined);
  });

  it('reset: the gateway aborts before it answers', async () => {
    await using listener = await Listener.start((socket) =>
      socket.once('data', () => socket.resetAndDestroy()),
    );
    assert.deepEqual(await ending(listener), {
      outcome: 'reset',
      stage: 'upgrade',
      errno: 'ECONNRESET',
      syscall: 'read',
    });
  });

  it('reset: the gateway closes at once, whether our request had come or not', async () => {
    await using listener = await Listener.start((socket) => socket.destroy());
    const { counts, users } = await crowd(listener.port, 300);
    assert.deepEqual(counts, { 'reset upgrade': 300 });
    for (const { errno, syscall, detail } of users) {
      const how = [errno, syscall, detail].join();
      assert.ok(
        ['ECONNRESET,read,', 'EPIPE,write,FIN, then RST to our request'].includes(how) ||
          how.startsWith('ECONNRESET,write'),
        how,
      );
    }
  });

  it('reset: aborted while open', async () => {
    await using listener = await Listener.answering(UPGRADED, (socket) => socket.resetAndDestroy());
    const { outcome, errno } = await ending(listener, UNTIL_IT_ENDS);
    assert.deepEqual([outcome, errno], ['reset', 'ECONNRESET']);
  });

  it('eof: the gateway ends its side after the request, and still reads', async () => {
    await using listener = await Listener.start((socket) => socket.once('data', () => socket.end()));
    assert.deepEqual(await ending(listener), { outcome: 'eof', stage: 'upgrade' });
  });

  it('eof: the gateway closes after it has read the request', async () => {
    await using listener = await Listener.start((socket) => socket.once('data', () => socket.destroy()));
    assert.deepEqual(await ending(listener), { outcome: 'eof', stage: 'upgrade' });
  });

  it('eof: in the middle of the answer', async () => {
    await using listener = await Listener.answering('HTTP/1.1 101 Swi', (socket) => socket.end());
    const said = 'HTTP/1.1 101 Swi';
    assert.deepEqual(await ending(listener), { outcome: 'eof', stage: 'upgrade', said });
  });

  it('eof: open, then no more and no close frame', async () => {
    await using listener = await Listener.answering(UPGRADED, (socket) => socket.end());
    const held = await crowd(listener.port, 1, UNTIL_IT_ENDS);
    assert.deepEqual(held.counts, { 'eof open': 1 });
    assert.equal(held.done.failed, 1);
    assert.equal(held.done.open, 0);
  });

  for (const [what, frame, code] of [
    ['a close frame with code 4001', [0x88, 2, 0x0f, 0xa1], 4001],
    ['a close frame without a code', [0x88, 0], 1005],
  ] as const) {
    it(`closed: ${what}`, async () => {
      await using listener = await Listener.answering(UPGRADED + String.fromCharCode(...frame));
      const said = 'HTTP/1.1 101 Switching Protocols';
      assert.deepEqual(await ending(listener), { outcome: 'closed', stage: 'open', code, said });
    });
  }

  it('closed: a close frame with a reason, which is what the server said', async () => {
    const frame = Buffer.from([0x88, 2 + 7, 0x03, 0xf0, ...Buffer.from('too\nbig')]).toString('latin1');
    await using listener = await Listener.answering(UPGRADED + frame);
    const said = 'too\\nbig';
    assert.deepEqual(await ending(listener), { outcome: 'closed', stage: 'open', code: 1008, said });
  });

  it('timeout in upgrade: connected and never answered', async () => {
    await using listener = await Listener.start(() => {});
    assert.deepEqual(await ending(listener, { CONNECT_TIMEOUT_MS: 60 }), {
      outcome: 'timeout',
      stage: 'upgrade',
      detail: 'our own deadline: the answer to the upgrade took longer than 60 ms',
    });
  });

  it('timeout in connect: the accept queue is full and nobody accepts', async function () {
    // Where a full queue drops SYNs: tcp_conn_request in net/ipv4/tcp_input.c.
    skipOffLinux(this, 'a full queue drops SYNs');
    const source = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('fs').writeSync(1, s.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    })`;
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await new Promise<number>((resolve) => {
        createInterface(child.stdout).once('line', (line) => resolve(Number(line)));
      });
      const { counts } = await crowd(port, 5, { CONNECT_TIMEOUT_MS: 400 });
      assert.deepEqual(counts, { 'timeout upgrade': 2, 'timeout connect': 3 });
    } finally {
      child.kill('SIGKILL');
    }
  });

  for (const [what, answer, detail, status] of [
    ['404', 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 404 Not Found', 404],
    ['200: no 101 is no upgrade', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1 200 OK', 200],
    ['503 by HTTP/1.0', 'HTTP/1.0 503 Service Unavailable\r\n\r\n', 'HTTP/1.0 503 Service Unavailable', 503],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'not an HTTP response'],
    ['a wrong accept value', UPGRADED.replace('{accept}', 'AAAA'), 'wrong Sec-WebSocket-Accept'],
  ] as const) {
    it(`protocol in upgrade: ${what}`, async () => {
      await using listener = await Listener.answering(answer);
      const { said, ...rest } = await ending(listener);
      assert.deepEqual(rest, {
        outcome: 'protocol',
        stage: 'upgrade',
        detail,
        ...(status !== undefined && { status }),
      });
      assert.equal(said, answer.replaceAll('\r\n', '\\r\\n').slice(0, said?.length));
      assert.ok(said?.startsWith(answer.split('\r\n')[0] ?? ''));
    });
  }

  it('protocol while open: bytes that are no frame', async () => {
    await using listener = await Listener.answering(`${UPGRADED}\xff\xff\xff\xff`);
    const { outcome, stage, detail } = await ending(listener);
    assert.deepEqual([outcome, stage], ['protocol', 'open']);
    assert.match(detail ?? '', /^Invalid WebSocket frame/);
  });

  it('open: an answer byte by byte, with a frame behind it', async () => {
    const closed = text({ type: 'betting-closed', round: 1 }).toString('latin1');
    await using listener = await Listener.answering('', async (socket) => {
      socket.setNoDelay(true);
      const key = await keyHeard;
      for (const byte of (UPGRADED + closed).replace('{accept}', key)) {
        await new Promise<void>((resolve) => socket.write(byte, 'latin1', () => setImmediate(resolve)));
      }
    });
    const { acceptOf, keyOf } = await import('../../robots/handshake.ts');
    const keyHeard = Promise.resolve(acceptOf(keyOf(1, 0)));
    assert.deepEqual(await ending(listener), { outcome: 'open', stage: 'open' });
  });

  it('each of many users has one line, with its port and its times in order', async () => {
    let n = 0;
    await using listener = await Listener.start((socket) => {
      const fate = n++ % 4;
      if (fate === 0) socket.destroy();
      if (fate === 1) socket.once('data', () => socket.end());
      if (fate === 2) socket.once('data', () => socket.resetAndDestroy());
      if (fate === 3) socket.once('data', () => socket.end('HTTP/1.1 503 Busy\r\n\r\n'));
    });
    const { users, done, counts } = await crowd(listener.port, 200, { USER_ID_BASE: 1000 });
    assert.deepEqual(
      users.map(({ id }) => id),
      Array.from({ length: 200 }, (_, i) => 1000 + i),
    );
    assert.deepEqual(counts, { 'reset upgrade': 100, 'eof upgrade': 50, 'protocol upgrade': 50 });
    assert.equal(new Set(users.map(({ port }) => port)).size, 200);
    for (const { connectedMs = -1, openMs, endedMs = -1 } of users) {
      assert.ok(connectedMs >= 0 && endedMs >= connectedMs);
      assert.equal(openMs, undefined);
    }
    assert.deepEqual([done.asked, done.open, done.failed], [200, 0, 200]);
  });

  it('leaves no socket behind', async () => {
    await using listener = await Listener.answering(UPGRADED);
    await crowd(listener.port, 50);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(listener.sockets.size, 0);
  });
});
