import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rampMs } from '../../../common/duration.ts';
import { loadDeadlineMs } from '../../../lab/run/load-deadline.ts';
import { type Settings, settingsSchema } from '../../../lab/settings/schema.ts';

const plain = settingsSchema.parse({ users: 100, rounds: 0 });
const withThese = (changed: Partial<Settings>): number => loadDeadlineMs({ ...plain, ...changed });
/** How much more time a load has with these settings. */
const more = (changed: Partial<Settings>, than: Partial<Settings> = {}): number =>
  withThese({ ...than, ...changed }) - withThese(than);

describe('run: how long a ramp takes', () => {
  for (const [ramp, ms] of [
    ['0', 0],
    ['250ms', 250],
    ['10s', 10_000],
    ['0.5s', 500],
    ['1.5m', 90_000],
  ] as const)
    it(`${ramp}: ${ms} ms`, () => assert.equal(rampMs(ramp), ms));
});

describe('run: how long a load may take', () => {
  it('every wait that is set is given its time', () => {
    const waits = [
      ...(['connect_timeout_ms', 'hold_ms', 'restart_ms', 'restart_drain_ms'] as const),
      ...(['read_pause_ms', 'stall_ms', 'stop_ms'] as const),
    ];
    for (const name of waits) assert.ok(more({ [name]: plain[name] + 5000 }) >= 5000, name);
    assert.equal(more({ ramp: '20s' }, { ramp: '0' }), 20_000);
  });

  it('what the gateway does for each user one after another is given to all of them', () => {
    assert.ok(more({ handshake_cost_ms: 50 }) >= 100 * 50);
    // Three packets of a handshake at least.
    assert.ok(more({ link_delay_ms: 20 }) >= 3 * 100 * 20);
    assert.ok(more({ link_delay_ms: 20, waiting: 50 }, { waiting: 50 }) >= 3 * 150 * 20);
  });

  it('each round is given its length, its pause and the bets of all', () => {
    const round = { round_ms: 2000, pause_ms: 300, bet_cost_ms: 6 };
    assert.ok(more({ rounds: 4 }, round) >= 4 * (2000 + 300 + 100 * 6));
  });

  it('each request after the first is given its gap, and its time-out', () => {
    const gaps = { kind: 'http', request_gap_ms: 700, connect_timeout_ms: 3000 } as const;
    assert.ok(more({ requests: 5 }, gaps) >= 4 * (700 + 3000));
  });

  it('users that come back are given all their attempts', () => {
    const timeouts = more({ reconnect: 'immediate' }, { connect_timeout_ms: 2000 });
    assert.ok(timeouts >= 7 * 2000);
    assert.ok(more({ reconnect: 'jittered', reconnect_ms: 900 }, { connect_timeout_ms: 2000 }) > timeouts);
  });

  it('is a time that a timer can wait for, whatever is asked', () => {
    const setting = fc.integer({ min: 0, max: 2 ** 31 });
    const some = fc.record({ users: setting, hold_ms: setting, rounds: setting, link_delay_ms: setting });
    fc.assert(
      fc.property(some, (asked) => {
        const ms = withThese(asked);
        assert.ok(ms > 0 && ms < 2 ** 31, `${ms}`);
      }),
    );
    assert.equal(withThese({ hold_ms: 2 ** 31 }), 2 ** 31 - 1);
  });
});
