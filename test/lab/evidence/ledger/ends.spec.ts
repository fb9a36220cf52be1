import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionLine } from '../../../../protocol/connection-events.ts';
import { onLinuxOnly } from '../../../skip.ts';
import { oneIn } from '../../../whole.ts';
import { WatchedPort } from './watched-port.ts';

const it = oneIn(2);

/** Longer than a look, or an acknowledgement that waits for company, takes. */
const A_WHILE = 120;

type Pair = { client: Socket; server: Socket };

/** The line of one connection that was seen open, and then ended so. */
async function endedBy(end: (pair: Pair) => Promise<void>): Promise<ConnectionLine> {
  await using watched = await WatchedPort.open();
  const pair = await watched.pair();
  await sleep(A_WHILE);
  await end(pair);
  const [line] = await watched.told();
  return line ?? assert.fail();
}

async function serve({ client, server }: Pair): Promise<void> {
  server.resume();
  client.resume();
  client.write('q'.repeat(10));
  await sleep(A_WHILE);
  server.write('a'.repeat(5));
  await sleep(A_WHILE);
}

/** What is said, without by whom. */
const said = ({ accepted, closedBy, how, reset, received, sent, unread, finAcked }: ConnectionLine) => ({
  accepted: accepted?.is,
  first: [closedBy?.is, how?.is, reset?.is],
  bytes: [received?.is, sent?.is, unread?.is],
  within: [received?.within ?? 0, unread?.within ?? 0],
  finAcked: finAcked?.is,
});

describe('the ledger: how a connection ended, told without root', function () {
  this.timeout(20_000);
  onLinuxOnly('ss -E');

  it('served, and the client closed first', async () => {
    const line = await endedBy(async (pair) => {
      await serve(pair);
      pair.client.end();
      await sleep(A_WHILE);
      pair.server.destroy();
    });
    assert.deepEqual(said(line), {
      accepted: true, first: ['client', 'FIN', undefined], bytes: [10, 5, 0], within: [0, 0], finAcked: true,
    }); // biome-ignore format: one line each
    assert.equal(line.pid?.is, process.pid);
  });

  it('served, and the server closed first: its TIME_WAIT is in the table', async () => {
    const line = await endedBy(async (pair) => {
      await serve(pair);
      pair.client.once('end', () => pair.client.destroy());
      pair.server.destroy();
    });
    const { first, finAcked } = said(line);
    assert.deepEqual([first, finAcked], [['server', 'FIN', undefined], true]);
    assert.ok(
      (line.silentIn?.is ?? 0) > A_WHILE && (line.silentOut?.is ?? 0) > A_WHILE / 2,
      JSON.stringify(line),
    );
  });

  it('closed at once without a word: before anything came', async () => {
    const line = await endedBy(async ({ client, server }) => {
      server.destroy();
      await sleep(20);
      client.write('too late');
    });
    assert.deepEqual(said(line), {
      accepted: true, first: ['server', 'FIN', undefined], bytes: [0, 0, 0], within: [0, 0], finAcked: true,
    }); // biome-ignore format: one line each
    assert.deepEqual([line.silentIn, line.silentOut], [undefined, undefined], 'it never had any');
  });

  it('closed with the request unread: an RST by the server', async () => {
    const line = await endedBy(async ({ client, server }) => {
      client.write('q'.repeat(10));
      await sleep(A_WHILE);
      server.destroy();
    });
    assert.deepEqual(said(line), {
      accepted: true, first: ['server', 'RST', 'server'], bytes: [10, 0, 10], within: [1, 1], finAcked: false,
    }); // biome-ignore format: one line each
  });

  it('the client gave up, then the server closed with its request unread: the client was first', async () => {
    const line = await endedBy(async ({ client, server }) => {
      client.end('q'.repeat(10));
      await sleep(A_WHILE);
      server.destroy();
    });
    assert.deepEqual(said(line), {
      accepted: true, first: ['client', 'FIN', 'server'], bytes: [10, 0, 10], within: [0, 0], finAcked: false,
    }); // biome-ignore format: one line each
  });

  it('reset by the client before a word: the client was first', async () => {
    const line = await endedBy(async ({ client, server }) => {
      server.resume();
      client.resetAndDestroy();
    });
    assert.deepEqual(said(line).first, ['client', 'RST', undefined]);
  });

  it('reset by the client after its request: nobody is accused', async () => {
    const line = await endedBy(async ({ client, server }) => {
      server.resume();
      client.write('q'.repeat(10));
      await sleep(A_WHILE);
      client.resetAndDestroy();
    });
    assert.notEqual(line.closedBy?.is, 'server');
    assert.equal(line.reset, undefined);
    assert.equal(line.finAcked?.is, false);
  });

  it('reset by the client with its request unread: nobody is accused either', async () => {
    const line = await endedBy(async ({ client, server }) => {
      client.write('q'.repeat(10));
      await sleep(A_WHILE);
      client.resetAndDestroy();
      await sleep(A_WHILE);
      server.destroy();
    });
    assert.notEqual(line.closedBy?.is, 'server');
    assert.equal(line.reset, undefined);
    assert.equal(line.unread?.is, 10);
  });

  it('reset by the server (SO_LINGER 0): wiped, and known by what went from the table', async () => {
    const line = await endedBy(async ({ server }) => {
      server.resetAndDestroy();
    });
    assert.deepEqual([line.reset?.is, line.accepted?.is], ['server', true]);
    assert.match(line.remote ?? '', /^127\.0\.0\.1:\d+$/);
    assert.equal(line.received, undefined);
  });

  it('two wiped, and one that was never seen: no other end is named', async () => {
    await using watched = await WatchedPort.open();
    const seen = await watched.pair();
    await sleep(A_WHILE);
    watched.stopLooking();
    const unseen = await watched.pair();
    for (const { server } of [seen, unseen]) server.resetAndDestroy();
    const lines = await watched.told(2);
    assert.deepEqual(
      lines.map(({ remote, reset }) => [remote, reset?.is]),
      [
        [undefined, 'server'],
        [undefined, 'server'],
      ],
    );
    assert.equal((await watched.end()).length, 2, 'and none is told of twice');
  });

  it('the words of TLS: the server closed first, the alert of the client came after', async () => {
    const line = await endedBy(async (pair) => {
      await serve(pair);
      pair.server.destroy();
      pair.client.write('alert');
      pair.client.destroy();
    });
    const { first, bytes, finAcked } = said(line);
    assert.deepEqual([bytes, finAcked], [[10, 5, 0], true]);
    assert.ok(first[0] !== 'client' && first[2] === undefined, JSON.stringify(first));
  });
});

describe('the ledger: when', function () {
  this.timeout(20_000);
  onLinuxOnly('ss -E');

  it('every bracket holds what really was', async () => {
    await using watched = await WatchedPort.open();
    const before = Date.now();
    const { client, server } = await watched.pair();
    const complete = { from: before, to: Date.now() };
    await sleep(3 * A_WHILE);
    const ending = Date.now();
    client.once('end', () => client.destroy());
    client.resume();
    server.destroy();
    const [line] = await watched.told();
    const tells = (name: 'complete' | 'closed' | 'age', from: number, to: number) => {
      const { is, within = 0 } = line?.[name] ?? assert.fail(`${name} is absent`);
      assert.ok(is >= from && is - within <= to, `${name}: ${is} within ${within}, not in ${from} to ${to}`);
    };
    tells('complete', complete.from, complete.to);
    tells('closed', ending, Date.now());
    // Each is cut to whole milliseconds, so that a difference may be one too long.
    tells('age', ending - complete.to - 1, Date.now() - complete.from + 1);
  });

  it('one that was open before the watch has no beginning; one that is open at the end is told of', async () => {
    let early: Socket | undefined;
    await using watched = await WatchedPort.open('127.0.0.1', async (port) => {
      const { connect } = await import('node:net');
      early = connect(port, '127.0.0.1');
      await sleep(A_WHILE);
    });
    await watched.pair();
    await sleep(A_WHILE);
    const [first, second] = await watched.end();
    assert.deepEqual([first?.open, first?.complete, first?.accepted?.is], [true, undefined, true]);
    assert.deepEqual([second?.open, second?.accepted?.is], [true, true]);
    assert.ok(second?.complete && second.wait);
    early?.destroy();
  });

  it('the same ends twice are two connections', async () => {
    await using watched = await WatchedPort.open();
    const localPort = 20_000 + (process.pid % 10_000);
    for (let turn = 0; turn < 2; turn += 1) {
      const { client, server } = await watched.pair({ localPort });
      await sleep(A_WHILE);
      client.write('q'.repeat(turn + 1));
      await sleep(A_WHILE);
      server.resume();
      await sleep(20);
      client.resetAndDestroy();
      await sleep(A_WHILE);
    }
    const lines = await watched.told(2);
    assert.deepEqual(
      lines.map(({ remote, received }) => [remote, received?.is]),
      [1, 2].map((bytes) => [`127.0.0.1:${localPort}`, bytes]),
    );
  });

  it('IPv6, and IPv4 at a listener for both', async () => {
    await using watched = await WatchedPort.open('::');
    for (const host of ['::1', '127.0.0.1']) {
      const { client, server } = await watched.pair({ host });
      await sleep(A_WHILE);
      server.destroy();
      client.destroy();
      await sleep(A_WHILE);
    }
    const lines = await watched.told(2);
    assert.deepEqual(
      lines.map(({ local }) => local),
      [`[::1]:${watched.port}`, `127.0.0.1:${watched.port}`],
    );
    for (const { complete } of lines) assert.notEqual(complete, undefined, 'the table had it');
  });
});
