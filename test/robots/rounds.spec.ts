import assert from 'node:assert/strict';
import { WebSocketServer } from 'ws';
import type { Bet } from '../../protocol/betting.ts';
import { Gateway } from '../gateway/tools.ts';
import { oneIn } from '../whole.ts';
import { crowd } from './tools.ts';

/** A gateway that plays what the test says, and keeps the bets it gets. */
class Table {
  readonly bets: Bet[] = [];
  readonly server: WebSocketServer;
  readonly pongs: string[] = [];
  acks = true;

  private constructor(server: WebSocketServer) {
    this.server = server;
    server.on('connection', (ws) => {
      ws.on('pong', (data) => this.pongs.push(String(data)));
      ws.on('message', (data) => {
        const bet = JSON.parse(String(data)) as Bet;
        this.bets.push(bet);
        if (this.acks) ws.send(JSON.stringify({ type: 'bet-ack', id: bet.id, round: bet.round }));
      });
    });
  }

  static async open(): Promise<Table> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new Table(server);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  say(...messages: object[]): void {
    for (const ws of this.server.clients) for (const message of messages) ws.send(JSON.stringify(message));
  }

  /** Plays round after round until disposed of. */
  play(closesInMs: number, pauseMs = 20): void {
    let round = 0;
    let timer: NodeJS.Timeout;
    const next = () => {
      round++;
      this.say({ type: 'betting-open', round, closesInMs });
      timer = setTimeout(() => {
        this.say({ type: 'betting-closed', round }, { type: 'result', round, winner: 1 });
        timer = setTimeout(next, pauseMs);
      }, closesInMs);
    };
    next();
    this.server.on('close', () => clearTimeout(timer));
  }

  async [Symbol.asyncDispose]() {
    for (const ws of this.server.clients) ws.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const ids = (bets: Bet[]) => bets.map(({ id, amount }) => `${id} ${amount}`).sort();

describe('rounds', () => {
  const drawn = oneIn(2);

  for (const betting of ['herd', 'paced']) {
    drawn(`with the real gateway, each ${betting} bet is acked and recorded once`, async () => {
      await using gateway = await Gateway.start({ ROUND_MS: 1000, PAUSE_MS: 50 });
      const report = await crowd(gateway.port, 60, { ROUNDS: 2, BETTING: betting });
      assert.deepEqual(report.counts, { 'open open': 60 });
      assert.deepEqual(report.phases, ['ready', 'load', 'settled', 'betting', 'done']);
      for (const user of report.users) {
        assert.deepEqual(user.bets, { placed: 2, acked: 2, rejected: 0 });
        assert.ok((user.slowestAckMs ?? -1) >= 0);
      }
      assert.deepEqual(report.done.bets, { placed: 120, acked: 120, rejected: 0 });
      await gateway.stop();
      const drained = await gateway.next('drained');
      assert.equal(drained.recorded, 120);
      assert.equal(drained.doubled, 0);
    });
  }

  it('the same seed bets the same, another seed does not', async () => {
    const played: string[][] = [];
    for (const SEED of [7, 7, 8]) {
      await using table = await Table.open();
      const env = { ROUNDS: 1, SEED, BETTING: 'paced' };
      await crowd(table.port, 30, env, undefined, () => table.play(500));
      played.push(ids(table.bets));
    }
    assert.equal(played[0]?.length, 30);
    assert.deepEqual(played[0], played[1]);
    assert.notDeepEqual(
      played[0]?.map((bet) => bet.replace(/^s\d-/, '')),
      played[2]?.map((bet) => bet.replace(/^s\d-/, '')),
    );
  });

  it('a round that was open before all had settled does not count', async () => {
    await using table = await Table.open();
    table.server.on('connection', (ws) => {
      ws.send(JSON.stringify({ type: 'betting-open', round: 5, closesInMs: 50 }));
      // Again after the robots have settled, as a late welcome would be.
      setTimeout(() => {
        table.say(
          { type: 'betting-open', round: 5, closesInMs: 10 },
          { type: 'result', round: 5, winner: 1 },
        );
        table.say(
          { type: 'betting-open', round: 6, closesInMs: 10 },
          { type: 'result', round: 6, winner: 1 },
        );
      }, 150);
    });
    await crowd(table.port, 1, { ROUNDS: 1 });
    assert.deepEqual(
      table.bets.map(({ round }) => round),
      [6],
    );
  });

  it('no bet is placed once betting has closed', async () => {
    await using table = await Table.open();
    const report = await crowd(table.port, 20, { ROUNDS: 1, BETTING: 'paced' }, undefined, () => {
      table.say({ type: 'betting-open', round: 1, closesInMs: 3000 }, { type: 'betting-closed', round: 1 });
      table.say({ type: 'result', round: 1, winner: 1 });
    });
    assert.equal(table.bets.length, 0);
    assert.deepEqual(report.counts, { 'open open': 20 });
  });

  it('a rejected bet is counted, and the round is over all the same', async () => {
    await using table = await Table.open();
    table.acks = false;
    table.server.on('connection', (ws) => {
      ws.on('message', (data) => {
        const { id } = JSON.parse(String(data));
        ws.send(JSON.stringify({ type: 'bet-reject', id, reason: 'bad-bet' }));
      });
    });
    setTimeout(() => table.play(50), 100);
    const { done } = await crowd(table.port, 5, { ROUNDS: 1 });
    assert.deepEqual(done.bets, { placed: 5, acked: 0, rejected: 5 });
  });

  it('without an end of the round, or a round at all, the fleet goes on after its wait', async () => {
    await using table = await Table.open();
    table.acks = false;
    setTimeout(() => table.play(50), 100);
    const unanswered = await crowd(table.port, 3, { ROUNDS: 1, ROUND_WAIT_MS: 300 });
    assert.deepEqual(unanswered.done.bets, { placed: 3, acked: 0, rejected: 0 });
    assert.equal(unanswered.phases.at(-1), 'done');

    await using silent = await Table.open();
    const idle = await crowd(silent.port, 3, { ROUNDS: 1, ROUND_WAIT_MS: 100 });
    assert.deepEqual(idle.done.bets, { placed: 0, acked: 0, rejected: 0 });
    assert.deepEqual(idle.counts, { 'open open': 3 });
  });

  it('users that fail during the round are not waited for', async () => {
    await using table = await Table.open();
    table.acks = false;
    const { counts, done } = await crowd(table.port, 5, { ROUNDS: 1 }, undefined, () => {
      table.say({ type: 'betting-open', round: 1, closesInMs: 60_000 });
      for (const ws of table.server.clients) setTimeout(() => ws.close(4000), 50);
    });
    assert.deepEqual(counts, { 'closed open': 5 });
    assert.equal(done.bets.placed, 5);
  });

  it('messages in pieces and nonsense between them are no hindrance; pings are answered', async () => {
    await using table = await Table.open();
    const { done } = await crowd(table.port, 2, { ROUNDS: 1 }, undefined, () => {
      for (const ws of table.server.clients) {
        for (const nonsense of ['', '[', 'null', '7', '{"type":3}', '{"type":"other"}']) ws.send(nonsense);
        ws.ping('hello');
        const open = JSON.stringify({ type: 'betting-open', round: 1, closesInMs: 10 });
        ws.send(open.slice(0, 9), { fin: false });
        ws.send(open.slice(9));
      }
      table.say({ type: 'result', round: 1, winner: 1 });
    });
    assert.deepEqual(done.bets, { placed: 2, acked: 2, rejected: 0 });
    assert.deepEqual(table.pongs, ['hello', 'hello']);
  });

  it('leaves with close code 1000', async () => {
    await using table = await Table.open();
    const codes: number[] = [];
    table.server.on('connection', (ws) => ws.on('close', (code) => codes.push(code)));
    await crowd(table.port, 3);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(codes, [1000, 1000, 1000]);
  });
});
