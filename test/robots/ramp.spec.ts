import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ramp } from '../../robots/ramp.ts';

/** Time that passes by being waited for alone. */
function clock() {
  const at = { ms: 0, turns: 0 };
  return {
    at,
    now: () => at.ms,
    async sleep(ms: number) {
      at.ms += ms;
    },
    async turn() {
      at.turns += 1;
    },
  };
}

describe('robots: the ramp', () => {
  it('brings each user of each share once, never early and at most a step late', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 2000 }),
        async (users, shares, ms) => {
          const each = Math.ceil(users / shares);
          const came: number[] = [];
          for (let first = 0; first < users; first += each) {
            const time = clock();
            const count = Math.min(each, users - first);
            await ramp({ users, ms, first, count, from: 0 }, time, () => came.push(time.now()));
          }
          assert.equal(came.length, users);
          for (const [user, at] of came.entries()) {
            const due = (ms * user) / users;
            assert.ok(at >= due && at < due + 2, `user ${user} of ${users} in ${ms} ms came at ${at}`);
          }
        },
      ),
      { numRuns: 50 },
    ));

  it('brings the next only when there is room, and then whoever is due', async () => {
    const time = clock();
    const came: number[] = [];
    // Each is there 10 ms after it came.
    const room = () => 4 - came.filter((at) => time.at.ms - at < 10).length;
    await ramp({ users: 100, ms: 100, first: 0, count: 100, from: 0, room }, time, () =>
      came.push(time.at.ms),
    );
    assert.equal(came.length, 100);
    for (const at of came) {
      const onTheWay = came.filter((other) => other <= at && at - other < 10).length;
      assert.ok(onTheWay <= 4, `${onTheWay} at ${at}`);
    }
    assert.ok((came.at(-1) ?? 0) >= 240, `the last at ${came.at(-1)}`);
  });

  it('lets the loop turn between the slices of a crowd that comes at once', async () => {
    const time = clock();
    let came = 0;
    await ramp({ users: 600, ms: 0, first: 0, count: 600, from: 0 }, time, () => came++);
    assert.deepEqual([came, time.at], [600, { ms: 0, turns: 2 }]);
  });

  it('more often where the slices are smaller', async () => {
    const time = clock();
    let came = 0;
    await ramp({ users: 100, ms: 0, first: 0, count: 100, from: 0, slice: 16 }, time, () => came++);
    assert.deepEqual([came, time.at], [100, { ms: 0, turns: 6 }]);
  });

  it('brings nobody more once it is stopped', async () => {
    const time = clock();
    let came = 0;
    const stopped = () => came === 10;
    await ramp({ users: 100, ms: 1000, first: 0, count: 100, from: 0, stopped }, time, () => came++);
    assert.equal(came, 10);
  });
});
