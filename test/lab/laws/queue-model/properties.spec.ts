import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptQueueCapacity } from '../../../../lab/laws/accept-queue-law.ts';
import { DARWIN } from '../../../../lab/laws/queue-model/darwin-counters.ts';
import type { ModelInput, ModelLink } from '../../../../lab/laws/queue-model/model-input.ts';
import { simulate } from '../../../../lab/laws/queue-model/simulate.ts';
import { darwinQueueCapacity } from '../../../../system/darwin/queue-limit.ts';

const link: fc.Arbitrary<ModelLink> = fc.oneof(
  fc.constant<ModelLink>({ kind: 'synchronous' }),
  fc.record({ kind: fc.constant('delay' as const), delayMs: fc.integer({ min: 0, max: 1500 }) }),
  fc.record({ kind: fc.constant('spaced' as const), delayMs: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('batches' as const), batch: fc.integer({ min: 1, max: 100 }) }),
  fc.record({
    kind: fc.constant('thread' as const),
    wakeMs: fc.constantFrom(0, 0.05, 3),
    packetMs: fc.constantFrom(0, 0.005),
    oneCore: fc.boolean(),
  }),
);

const common = {
  arrivals: fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 80 }),
  waiting: fc.nat(10),
  server: fc.record({
    acceptRate: fc.constantFrom(10, 500, 10_000, Number.POSITIVE_INFINITY),
    serveMs: fc.constantFrom(0, 5),
    stoppedUntilMs: fc.constantFrom(0, 400, 5000, Number.POSITIVE_INFINITY),
    nofile: fc.integer({ min: 3, max: 100 }),
    descriptorsAtRest: fc.constant([0, 1, 2]),
    whenOut: fc.constantFrom('libuv' as const, 'go' as const, 'loop' as const),
  }),
  client: fc.record({
    patienceMs: fc.constantFrom(50, 3000, 30_000, Number.POSITIVE_INFINITY),
    reactionMs: fc.constantFrom(0, 1, 100),
    stepMs: fc.constantFrom(0, 0.1),
    speaks: fc.boolean(),
    thinkMs: fc.constantFrom(0, 2, 500),
  }),
  link,
  seed: fc.nat(),
};

const inputs: fc.Arbitrary<ModelInput> = fc.oneof(
  fc.record({
    dialect: fc.constant('linux' as const),
    settings: fc.record({
      backlog: fc.integer({ min: 1, max: 30 }),
      somaxconn: fc.integer({ min: 1, max: 30 }),
      tcp_abort_on_overflow: fc.nat(1),
      tcp_syncookies: fc.nat(2),
      tcp_synack_retries: fc.nat(5),
      tcp_max_syn_backlog: fc.integer({ min: 4, max: 200 }),
    }),
    ...common,
    waiting: fc.constant(0),
  }),
  fc.record({
    dialect: fc.constant('darwin' as const),
    settings: fc.record({
      backlog: fc.integer({ min: 0, max: 30 }),
      somaxconn: fc.constantFrom(4, 16, 128, 32_768),
      soqlimitcompat: fc.nat(1),
      syncookie: fc.nat(2),
    }),
    ...common,
    waiting: fc.constant(0),
  }),
);

describe('queue model: whatever the input', () => {
  it('every user has one outcome, with the times and the errno that belong to it', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { users } = simulate(input);
        assert.deepEqual(
          users.map(({ id }) => id),
          input.arrivals.map((_, id) => id),
        );
        for (const user of users) {
          const { outcome, stage, errno, connectedMs, openMs, endedMs, fate } = user;
          const says = JSON.stringify(user);
          assert.equal(openMs !== undefined, outcome === 'open', says);
          assert.equal(endedMs !== undefined, outcome !== 'open' && outcome !== 'hanging', says);
          assert.equal(connectedMs === undefined, stage === 'connect', says);
          assert.equal(fate === 'served', outcome === 'open', says);
          assert.equal(fate === 'hanging', outcome === 'hanging', says);
          if (outcome === 'reset') assert.ok(errno === 'ECONNRESET' || errno === 'EPIPE', says);
          assert.ok((connectedMs ?? 0) <= (openMs ?? endedMs ?? Infinity), says);
          assert.ok((endedMs ?? 0) <= input.client.patienceMs + 1e-6, says);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('no queue is ever above its capacity', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { peak } = simulate(input);
        if (input.dialect === 'darwin') {
          assert.ok(peak.held <= darwinQueueCapacity(input.settings), JSON.stringify(peak));
          return;
        }
        const capacity = acceptQueueCapacity(input.settings.backlog, input.settings.somaxconn);
        assert.ok(peak.complete <= capacity && peak.halfOpen <= capacity, JSON.stringify(peak));
      }),
      { numRuns: 300 },
    );
  });

  it('no more are served than there are descriptors, and who is reset is in the counters', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { users, counters } = simulate(input);
        const by = (fate: string) => users.filter((user) => user.fate === fate).length;
        const { nofile = 0, descriptorsAtRest = [] } = input.server;
        const gone = users.filter(({ outcome }) => outcome === 'timeout').length;
        assert.ok(by('served') <= Math.max(0, nofile - descriptorsAtRest.length) + gone);
        if (input.dialect === 'linux') {
          assert.equal(by('evicted') + by('cookie-refused'), 0);
          assert.ok(by('aborted') <= (counters['TcpExt EmbryonicRsts'] ?? 0));
          const resets = users.filter(({ outcome }) => outcome === 'reset').length;
          assert.ok(resets <= (counters['Tcp OutRsts'] ?? 0));
          assert.ok((counters['TcpExt ListenOverflows'] ?? 0) <= (counters['TcpExt ListenDrops'] ?? 0));
        } else {
          assert.equal(by('aborted'), 0);
          assert.ok(by('evicted') <= (counters[DARWIN.badSyn] ?? 0));
          assert.ok(by('evicted') <= (counters[DARWIN.drops] ?? 0));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('the same input gives the same result', () => {
    fc.assert(
      fc.property(inputs, (input) => assert.deepEqual(simulate(input), simulate(input))),
      {
        numRuns: 50,
      },
    );
  });

  it('the reported number of users takes a moment: 4500 in either dialect', () => {
    const rest = {
      arrivals: Array(4500).fill(0),
      server: { acceptRate: 4000 },
      client: { patienceMs: 12_000, stepMs: 0.03 },
      seed: 1,
    };
    const settings = { backlog: 511, somaxconn: 128 };
    const mac = simulate({ dialect: 'darwin', settings, link: { kind: 'batches', batch: 64 }, ...rest });
    const tux = simulate({ dialect: 'linux', settings, link: { kind: 'synchronous' }, ...rest });
    assert.equal(mac.users.length + tux.users.length, 9000);
    assert.ok(mac.users.some(({ fate }) => fate === 'evicted'));
    assert.ok(tux.users.every(({ outcome }) => outcome === 'open'));
  });
});
