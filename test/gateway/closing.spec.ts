import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { skipOffLinux } from '../skip.ts';
import { frame, Gateway, raw, SLOW_MS, User, upgraded } from './tools.ts';

/** How a raw connection ends: by which error, or none (FIN). */
async function ending({ socket }: Awaited<ReturnType<typeof upgraded>>): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.once('end', () => resolve('FIN'));
  return await promise;
}

function abortsOnClose(): number {
  const [names, values] = readFileSync('/proc/self/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('TCPAbortOnClose') ?? -1]);
}

describe('gateway: CLOSE_UNREAD_MS', () => {
  it('closes with RST who has sent something, with FIN who has not', async () => {
    await using gateway = await Gateway.start({ CLOSE_UNREAD_MS: 400, ROUND_MS: 60_000 });
    const [talker, listener] = [await upgraded(gateway.port), await upgraded(gateway.port)];
    const before = process.platform === 'linux' ? abortsOnClose() : 0;
    const endings = Promise.all([ending(talker), ending(listener)]);
    talker.socket.write(frame(0x81, 'a bet that nobody reads'));
    const lines = [await gateway.next('close'), await gateway.next('close')];
    assert.deepEqual(
      new Set(lines.map(({ peerPort }) => peerPort)),
      new Set([talker.localPort, listener.localPort]),
    );
    for (const { reason, ageMs } of lines) {
      assert.equal(reason, 'unread');
      assert.ok(ageMs >= 400);
    }
    assert.deepEqual(await endings, ['ECONNRESET', 'FIN']);
    if (process.platform === 'linux') assert.ok(abortsOnClose() > before);
    const { bets } = await gateway.next('sample');
    assert.equal(bets.received, 0);
  });

  it('0 reads everything', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 60_000 });
    const user = await User.open(gateway.port);
    user.bet('read', (await user.next('betting-open')).round);
    assert.equal((await user.next('bet-ack')).id, 'read');
  });
});

describe('gateway: CAP_SILENT', () => {
  it('cuts who is one too many without an answer and without a line', async () => {
    await using gateway = await Gateway.start({ MAX_CONNECTIONS: 2, CAP_SILENT: 1, SAMPLE_MS: 50 });
    const users = [await User.open(gateway.port), await User.open(gateway.port)];
    // `raw` resolves once it is connected: it was the kernel that took it.
    assert.equal(await (await raw(gateway.port)).ended, '');
    // From a time when both are in, or a sample of before would do for the next wait.
    await gateway.next('sample', ({ open }) => open === 2);
    users[0]?.ws.terminate();
    await gateway.next('sample', ({ open }) => open === 1);
    await User.open(gateway.port);
    await gateway.stop();
    assert.deepEqual(
      gateway.lines.all.filter((line) => line.event === 'close' && line.reason !== 'drain'),
      [],
    );
  });

  it('lets exactly so many of a burst in', async () => {
    await using gateway = await Gateway.start({ MAX_CONNECTIONS: 20, CAP_SILENT: 1 });
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => User.open(gateway.port)));
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 20);
  });
});

describe('gateway: BROADCAST_KB', () => {
  it('pads the message that opens a round, of any size', async () => {
    for (const kb of [1, 60, 200]) {
      await using gateway = await Gateway.start({ BROADCAST_KB: kb, ROUND_MS: 150, PAUSE_MS: 50 });
      const user = await User.open(gateway.port);
      let sizes: number[] = [];
      user.ws.on('message', (data) => {
        sizes = [...sizes, String(data).length];
      });
      await user.next('result');
      const { round } = await user.next('betting-open');
      assert.ok(round > 1);
      const longest = Math.max(...sizes);
      assert.ok(longest > kb * 1024 && longest < kb * 1024 + 200, `${longest}`);
      await user.next('result');
    }
  }).timeout(SLOW_MS);

  it('drops a user that reads nothing of it, and no other', async () => {
    await using gateway = await Gateway.start({ BROADCAST_KB: 512, ROUND_MS: 50, PAUSE_MS: 20 });
    const reader = await User.open(gateway.port);
    const { socket, localPort } = await upgraded(gateway.port);
    socket.pause();
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.peerPort], ['slow-consumer', localPort]);
    await reader.next('result');
    assert.equal(reader.ws.readyState, reader.ws.OPEN);
    socket.destroy();
  }).timeout(SLOW_MS);
});

describe('gateway: PEER_ADDRESSES', () => {
  /** Who was closed, of two clients with one port and an address each. */
  async function closed(env: Record<string, string | number>) {
    await using gateway = await Gateway.start({ HANDSHAKE_TIMEOUT_MS: 300, ...env });
    const first = await comeFrom('127.0.0.1', gateway.port, 0);
    const second = await comeFrom('127.0.0.2', gateway.port, first.localPort ?? 0);
    const lines = [await gateway.next('close'), await gateway.next('close')];
    for (const { reason } of lines) assert.equal(reason, 'handshake-timeout');
    for (const { peerPort } of lines) assert.equal(peerPort, second.localPort);
    return lines.map(({ peerAddress }) => peerAddress).sort();
  }

  async function comeFrom(localAddress: string, port: number, localPort: number) {
    const socket = connect({ port, host: '127.0.0.1', localAddress, localPort });
    socket.on('error', () => {});
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    // A socket that is closed no longer knows its port.
    return { localPort: socket.localPort };
  }

  before(function () {
    skipOffLinux(this, '127.0.0.2 is there without being set up');
  });

  for (const host of ['127.0.0.1', '::']) {
    it(`are in its lines as IPv4 writes them, listening on ${host}`, async () => {
      assert.deepEqual(await closed({ HOST: host, PEER_ADDRESSES: 1 }), ['127.0.0.1', '127.0.0.2']);
    });
  }

  it('are not unless it is told so', async () => {
    assert.deepEqual(await closed({}), [undefined, undefined]);
  });
});
