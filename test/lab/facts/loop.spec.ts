import assert from 'node:assert/strict';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { loopFacts } from '../../../lab/facts/loop.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';

const START = 1_700_000_000_000;

function evidence() {
  return noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settingsSchema.parse({}),
  });
}

function sampled(busy: number[], throttledMs?: number[]) {
  const all = evidence();
  all.gateway.samples = busy.map((part, index) => ({
    event: 'sample',
    at: START + index * 100,
    open: 0,
    accepted: 0,
    upgraded: 0,
    closed: { byGateway: 0, byPeer: 0, byError: 0 },
    loop: { p50: 0, p99: 0, max: 0, busy: part },
    ...(throttledMs ? { throttled: { periods: 1, ms: throttledMs[index] ?? 0 } } : {}),
    bets: { received: 0, recorded: 0, duplicates: 0, rejected: 0 },
    memory: { rss: 1, heapUsed: 1, external: 1 },
  }));
  return all;
}

describe('facts: how the gateway spent its time', () => {
  it('busy: each sample tells of the time before it, a part of one counts in part', () => {
    const { busy } = loopFacts(sampled([0.5, 1, 0, 1]));
    assert.deepEqual(busy(START, START + 100), { part: 1, read: 'gateway lines' });
    assert.equal(busy(START + 100, START + 200)?.part, 0);
    assert.equal(busy(START + 50, START + 150)?.part, 0.5);
    assert.equal(busy(START, START + 300)?.part, 2 / 3);
  });

  it('not known for more than half of the time: undefined', () => {
    const { busy } = loopFacts(sampled([0, 1]));
    assert.equal(busy(START, START + 200)?.part, 1);
    assert.equal(busy(START, START + 201), undefined);
    assert.equal(busy(START + 500, START + 600), undefined);
    assert.equal(loopFacts(evidence()).busy(START, START + 100), undefined);
  });

  it('TLS handshakes: begun, completed, the longest time without either, and its own work', () => {
    const all = sampled([0, 1, 1, 1, 1]);
    for (const [index, sample] of all.gateway.samples.entries()) {
      sample.handshakesBegun = [0, 10, 10, 10, 30][index] ?? 0;
      sample.handshakes = [0, 5, 5, 5, 25][index] ?? 0;
      sample.ownMs = index * 20;
    }
    const { tls } = loopFacts(all);
    assert.deepEqual(tls(START, START + 400), { begun: 30, done: 25, gapMs: 200, own: 0.2 });
    // For all that is known they went on all the time.
    assert.equal(tls(START + 300, START + 400)?.gapMs, 0);
    assert.equal(loopFacts(sampled([1, 1])).tls(START, START + 100), undefined);
  });

  it('of a server that says nothing: its CPU time, or that in which its first thread wanted to run', () => {
    const silent = evidence();
    const line = (ms: number, cpuMs: number, wantedMs?: number) => ({
      event: 'observed' as const,
      at: START + ms,
      state: 'R',
      cpuMs,
      ...(wantedMs === undefined ? {} : { wantedMs }),
      deltas: {},
    });
    silent.observer.series = [line(0, 10), line(100, 60)];
    assert.deepEqual(loopFacts(silent).busy(START, START + 100), { part: 0.5, read: 'stat' });
    silent.observer.series = [line(0, 10, 20), line(100, 60, 115)];
    const wanted = { part: 0.95, read: 'schedstat' };
    assert.deepEqual(loopFacts(silent).busy(START, START + 100), wanted);
    silent.observer.series = [line(0, 10, 20), line(100, 310, 30)];
    assert.equal(loopFacts(silent).busy(START, START + 100)?.part, 1, 'threads on more than one core');
  });

  it('throttled: undefined without a quota, at most all of the time', () => {
    assert.equal(loopFacts(sampled([0, 0])).throttled(START, START + 100), undefined);
    assert.equal(loopFacts(sampled([0, 0], [40, 110])).throttled(START, START + 100), 0.7);
    assert.equal(loopFacts(sampled([0, 0], [40, 240])).throttled(START, START + 100), 1);
  });

  it('served: how many became open, and the longest time without one', () => {
    const all = evidence();
    const user = (openMs?: number) => ({
      event: 'user' as const,
      id: 1,
      outcome: openMs === undefined ? ('timeout' as const) : ('open' as const),
      stage: 'open' as const,
      startedAt: START,
      ...(openMs === undefined ? {} : { openMs }),
      bets: { placed: 0, acked: 0, rejected: 0 },
    });
    all.fleet.users = [user(700), user(), user(100), user(1500)];
    const { served } = loopFacts(all);
    assert.deepEqual(served(START, START + 1000), { users: 2, gapMs: 600 });
    assert.deepEqual(served(START + 800, START + 1000), { users: 0, gapMs: 200 });
    all.fleet.users = [user(700), { ...user(), securedMs: 450 }, user(100), user(1500)];
    const { served: overTls } = loopFacts(all);
    assert.deepEqual(overTls(START, START + 1000), { users: 2, gapMs: 350 });
    assert.deepEqual(overTls(START + 200, START + 600), { users: 0, gapMs: 250 });
  });
});
