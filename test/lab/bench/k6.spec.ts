import assert from 'node:assert/strict';
import { runTrials } from '../../../lab/bench/bench.ts';
import { chooseDrivers } from '../../../lab/bench/drivers.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { findK6 } from '../../../system/k6-binary.ts';
import { skip } from '../../skip.ts';

const USERS = 20;

describe('bench: k6, really', function () {
  this.timeout(90_000);

  it('lives whole lives in both forms and tells what they cost', async function (this: Mocha.Context) {
    const k6 = findK6();
    const reason = process.platform !== 'linux' ? 'no /proc' : 'reason' in k6 ? k6.reason : undefined;
    if (reason !== undefined) skip(this, reason);
    const choice = await chooseDrivers('k6-vu,k6-sockets');
    const { signal } = new AbortController();
    const trials = await runTrials({ runtime: native, choice, users: [USERS], repeat: 1, signal });
    assert.deepEqual(
      trials.map(({ driver, users, failed, bets }) => ({ driver, users, failed, bets })),
      [1, USERS].flatMap((users) =>
        choice.drivers.map((driver) => {
          return { driver, users, failed: 0, bets: { placed: users, acked: users } };
        }),
      ),
    );
    for (const { load, gateway, settledMs } of trials) {
      // No Go program with a JavaScript engine starts in less, so nothing here was read of the wrong process.
      assert.ok(load.peakBytes > 20e6, `${load.peakBytes}`);
      assert.ok(load.cpuMicros > 0 && gateway.cpuMicros > 0 && settledMs > 0);
    }
  });
});
