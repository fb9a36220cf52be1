import assert from 'node:assert/strict';
import fc from 'fast-check';
import { racingWrites } from '../../robots/racing.ts';
import { betText, paddedJson } from '../../robots/rounds.ts';
import { Gateway, SLOW_MS } from '../gateway/tools.ts';
import { oneIn } from '../whole.ts';
import { crowd } from './tools.ts';

/** Those with a gateway. */
const drawn = oneIn(2);

describe('racing writers', function () {
  this.timeout(SLOW_MS);

  it('send the same bytes for the same draws, and else others', () => {
    const bytes = (seed: number, user: number, round: number) =>
      Buffer.concat(racingWrites('{"type":"bet"}', { seed, user, round })).toString('hex');
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(1000), (seed, user, round) => {
        assert.equal(bytes(seed, user, round), bytes(seed, user, round));
        assert.notEqual(bytes(seed, user, round), bytes(seed, user, round + 1));
        assert.notEqual(bytes(seed, user, round), bytes(seed, user + 1, round));
      }),
    );
  });

  drawn('break the framing of most connections, in several ways, and leave the others whole', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 300, PAUSE_MS: 50 });
    const { users } = await crowd(gateway.port, 200, { ROUNDS: 1, BETTING: 'racing' });
    const closed = users.filter(({ outcome, code }) => outcome === 'closed' && code === 1002);
    assert.ok(closed.length > 150, `${closed.length}`);
    const whole = users.filter(({ outcome, bets }) => outcome === 'open' && bets.acked === 1);
    assert.ok(whole.length > 5, `${whole.length}`);
    await gateway.stop();
    const lines = gateway.lines.all.filter((line) => line.event === 'close');
    const ports = new Set(lines.map(({ peerPort }) => peerPort));
    for (const { port } of closed) assert.ok(ports.has(port ?? 0));
    for (const { port } of whole) assert.ok(!ports.has(port ?? 0));
    const words = new Set(lines.map(({ detail }) => detail));
    assert.ok(words.size >= 3, [...words].join());
    assert.ok([...words].some((says) => /RSV1 must be clear/.test(says ?? '')));
  });

  drawn('a herd with one writer each breaks nothing', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 300, PAUSE_MS: 50 });
    const { counts } = await crowd(gateway.port, 50, { ROUNDS: 1, BETTING: 'herd' });
    assert.deepEqual(counts, { 'open open': 50 });
  });
});

describe('a bet', () => {
  it('is the JSON that JSON.stringify makes of it', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.nat(), fc.nat(100), (seed, user, round, amount) => {
        const bet = { type: 'bet', id: `s${seed}-u${user}-r${round}`, round, amount } as const;
        assert.equal(betText(bet), JSON.stringify(bet));
      }),
    );
  });
});

describe('BET_BYTES', function () {
  this.timeout(SLOW_MS);

  it('pads to exactly so many bytes, and only what is shorter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(5000), (id, bytes) => {
        const bare = JSON.stringify({ id });
        const padded = paddedJson({ id }, bytes);
        assert.equal(JSON.parse(padded).id, id);
        const size = Buffer.byteLength(padded);
        if (bytes <= Buffer.byteLength(bare)) assert.equal(padded, bare);
        else assert.ok(size === bytes || (size > bytes && size <= Buffer.byteLength(bare) + 9), `${size}`);
      }),
    );
  });

  drawn('a bet that fits is taken, a larger one closes with 1009', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 300, PAUSE_MS: 50, MAX_PAYLOAD: 100_000 });
    const fits = await crowd(gateway.port, 10, { ROUNDS: 1, BET_BYTES: 100_000 });
    assert.deepEqual(fits.counts, { 'open open': 10 });
    assert.equal(fits.done.bets.acked, 10);
    const large = await crowd(gateway.port, 10, { ROUNDS: 1, BET_BYTES: 100_001 });
    assert.deepEqual(large.counts, { 'closed open': 10 });
    assert.deepEqual(new Set(large.users.map(({ code }) => code)), new Set([1009]));
    const line = await gateway.next('close');
    assert.deepEqual([line.reason, line.code], ['too-large', 1009]);
  });
});

describe('READ_PAUSE_MS', function () {
  this.timeout(SLOW_MS);

  drawn('a user that does not read is dropped, and sees it when it reads again', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 50, PAUSE_MS: 20, BROADCAST_KB: 512 });
    const { users } = await crowd(gateway.port, 2, { ROUNDS: 1, READ_PAUSE_MS: 3000 });
    for (const { outcome, stage, endedMs = 0 } of users) {
      assert.ok(outcome === 'eof' || outcome === 'reset', outcome);
      assert.equal(stage, 'open');
      assert.ok(endedMs >= 3000, `${endedMs}`);
    }
    assert.equal((await gateway.next('close')).reason, 'slow-consumer');
  });

  drawn('a pause that is over costs nobody anything', async () => {
    await using gateway = await Gateway.start({ ROUND_MS: 1000, PAUSE_MS: 50 });
    const report = await crowd(gateway.port, 5, { ROUNDS: 1, READ_PAUSE_MS: 100 });
    assert.deepEqual(report.counts, { 'open open': 5 });
    assert.equal(report.done.bets.acked, 5);
  });
});
