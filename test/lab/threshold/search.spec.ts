import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findThreshold, type SearchOptions, type Trial } from '../../../lab/threshold/search.ts';

/** A server that has room for so many, however they come. */
const capacity = (room: number) => async (users: number) => load(users, Math.min(users, room));

/** A server that fails a tenth of any burst above `most`, and nobody who comes slowly. */
const rate =
  (most: number): SearchOptions['try'] =>
  async (users, pace) =>
    load(users, pace === 'slow' || users <= most ? users : Math.floor(users * 0.9));

/** A server that dies of its nth user, and takes all with it. */
const mortal = (most: number) => async (users: number) => load(users, users <= most ? users : 0);

function load(users: number, open: number): Trial {
  return { users, open, failed: users - open };
}

const room = fc.integer({ min: 1, max: 30_000 });
const upTo = fc.integer({ min: 1, max: 60_000 });

describe('threshold: search', () => {
  it('finds a capacity to the user, whatever was expected', async () => {
    await fc.assert(
      fc.asyncProperty(room, upTo, fc.option(fc.integer({ min: 0, max: 40_000 })), async (c, most, near) => {
        const found = await findThreshold({
          try: capacity(c),
          upTo: most,
          ...(near === null ? {} : { expected: near }),
        });
        assert.equal(found.measured, Math.min(c, most));
        assert.equal(found.atLeast, c >= most);
        assert.equal(found.failsAt, c >= most ? null : c + 1);
        assert.equal(found.limit, c >= most ? 'none' : 'capacity');
      }),
    );
  });

  it('needs three loads where a law expects it: above, slowly, and at it', async () => {
    const { trials, method } = await findThreshold({ try: capacity(4072), expected: 4096, upTo: 28_232 });
    assert.deepEqual(
      trials.map(({ users, pace }) => `${users} ${pace}`),
      ['4301 burst', '4301 slow', '4072 burst'],
    );
    assert.equal(method, 'ramp');
  });

  it('finds a rate by bisection, to 2 %, and tells it from a capacity', async () => {
    await fc.assert(
      fc.asyncProperty(room, upTo, async (most, end) => {
        const { measured, failsAt, limit, method } = await findThreshold({ try: rate(most), upTo: end });
        assert.ok(measured <= most);
        if (most >= end) return assert.equal(limit, 'none');
        assert.equal(limit, 'rate');
        assert.equal(method, 'bisection');
        assert.ok(failsAt !== null && failsAt > most);
        assert.ok(failsAt - measured <= Math.max(1, measured * 0.02), `${measured} and ${failsAt}`);
      }),
    );
  });

  it('finds the last number of users that a server survives', async () => {
    await fc.assert(
      fc.asyncProperty(room, async (most) => {
        const found = await findThreshold({ try: mortal(most), upTo: 40_000 });
        assert.equal(found.measured, most);
        assert.equal(found.failsAt, most + 1);
        assert.equal(found.limit, 'capacity');
      }),
    );
  });

  it('a server that serves nobody has the threshold 0', async () => {
    const { measured, failsAt } = await findThreshold({ try: capacity(0), upTo: 1000 });
    assert.deepEqual([measured, failsAt], [0, 1]);
  });

  it('an aborted search rejects, and starts no further load', async () => {
    const controller = new AbortController();
    let loads = 0;
    const search = findThreshold({
      upTo: 1000,
      signal: controller.signal,
      async try(users) {
        loads += 1;
        controller.abort(new Error('enough'));
        return load(users, users);
      },
    });
    await assert.rejects(search, /enough/);
    assert.equal(loads, 1);
  });
});
