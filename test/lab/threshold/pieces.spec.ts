import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ratesOf } from '../../../lab/run/rates.ts';
import { TimeLeft } from '../../../lab/threshold/eta.ts';
import { readVary } from '../../../lab/threshold/varied-values.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';

function user(startedAt: number, connectedMs: number, openMs: number): UserLine {
  const bets = { placed: 0, acked: 0, rejected: 0 };
  return { event: 'user', id: 0, outcome: 'open', stage: 'open', startedAt, connectedMs, openMs, bets };
}

describe('threshold: rates', () => {
  it('are those that the users came and were let in at', () => {
    const speeds = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 500 }), speeds, speeds, (number, every, slower) => {
        const users = Array.from({ length: number }, (_, i) => user(1000 + i * every, 1, 1 + i * slower));
        const rates = ratesOf(users, 0);
        assert.ok(rates);
        assert.ok(Math.abs(rates.arrival - 1000 / every) < 1e-6 * rates.arrival);
        assert.ok(Math.abs(rates.serve - 1000 / (every + slower)) < 1e-6 * rates.serve);
      }),
    );
  });

  it('do not count who had to send a SYN again', () => {
    const users = Array.from({ length: 100 }, (_, i) => user(i, 1, 5 * i));
    const late = Array.from({ length: 100 }, (_, i) => user(i, 1000, 1000 + i));
    assert.equal(ratesOf([...users, ...late], 0)?.serve, ratesOf(users, 0)?.serve);
  });

  it('what came through at once was accepted meanwhile, but for what the queue holds', () => {
    const users = Array.from({ length: 300 }, (_, i) => user(i, i < 200 ? 1 : 1000, 1100));
    const rates = ratesOf(
      users.map((one, i) => ({ ...one, openMs: 1 + i })),
      129,
    );
    assert.ok(rates);
    assert.equal(Math.round(rates.arrival), 1000);
    assert.equal(Math.round(rates.accept), Math.round((1000 * (200 - 129)) / 300));
    const none = ratesOf(
      users.map((one, i) => ({ ...one, openMs: 1 + i })),
      512,
    );
    assert.equal(none?.accept, 0);
  });

  it('of a handful of users there are none', () => {
    assert.equal(
      ratesOf(
        Array.from({ length: 5 }, (_, i) => user(i, 1, i)),
        0,
      ),
      undefined,
    );
  });
});

describe('threshold: time left', () => {
  it('is not known before the first value is done, and then follows the number of users', () => {
    let now = 0;
    const left = new TimeLeft([500, 500, 2500], () => now);
    assert.equal(left.left(), undefined);
    now = 2000;
    left.next();
    assert.equal(left.left(), 6000);
    now = 4000;
    left.next();
    assert.equal(left.left(), 4000);
    left.next();
    assert.equal(left.left(), 0);
  });

  it('values of which nobody knows the users count like the others', () => {
    let now = 0;
    const left = new TimeLeft([undefined, undefined, undefined], () => now);
    now = 3000;
    left.next();
    assert.equal(left.left(), 6000);
  });
});

describe('threshold: --vary', () => {
  it('reads lists and ranges of any setting', () => {
    assert.deepEqual(readVary('nofile=64..256*2,300'), {
      vary: 'nofile',
      values: ['64', '128', '256', '300'],
    });
    assert.deepEqual(readVary('IP_LOCAL_PORT_RANGE=40000-40099').values, ['40000-40099']);
  });

  for (const [text, says] of [
    ['nofile', /--vary nofile: expected name=values/],
    ['=5', /expected name=values/],
    ['files=5', /--vary: unknown setting "files"/],
    ['users=5..10+1', /--vary users: .* allowed: any setting but users/],
    ['nofile=', /--vary nofile: "": no value/],
    ['nofile=9..1*2', /--vary nofile: .*backwards/],
  ] as const) {
    it(`${text}: one line`, () => {
      assert.throws(
        () => readVary(text),
        (error: Error) => says.test(error.message) && !error.message.includes('\n'),
      );
    });
  }
});
