import assert from 'node:assert/strict';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { connectionsOf, didTell, lostTo } from '../../../lab/evidence/ledger/ledger.ts';
import { measure } from '../../../lab/run/measure.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import type { Runtime } from '../../../lab/runtimes/runtime.ts';
import { onLinuxOnly, skipWhenMissing } from '../../skip.ts';
import { small } from './stage.ts';

/** A bound of the project. */
const WITHIN_MS = 200;

/** That `ss -E` tells of each connection, and soon, in this runtime. */
export function tellsInTime(name: string, runtime: Runtime): void {
  describe(`the ledger without root: ${name}`, function () {
    this.timeout(300_000);
    onLinuxOnly('ss -E');
    skipWhenMissing(runtime);

    it(`each user's connection has its line, read within ${WITHIN_MS} ms of its end`, async () => {
      const settings = small('users=4', 'port=18431', 'stay_ms=300', 'hold_ms=800');
      await runtime.check(settings);
      const { ledger, fleet } = await measure({ runtime, driver: robots, settings, label: newLabel() });
      assert.ok(didTell(ledger, 'ss -E'), JSON.stringify(ledger.witnesses));
      assert.equal(lostTo(ledger, 'ss -E'), 0);
      const lines = new Map([...connectionsOf(ledger)].map((line) => [portOf(line.remote), line]));
      const ended = fleet.users.map(({ port = 0, startedAt, leftMs, endedMs }) => ({
        line: lines.get(port) ?? assert.fail(`none of port ${port}: ${[...lines.keys()]}`),
        at: startedAt + (leftMs ?? endedMs ?? assert.fail('it did not leave')),
      }));
      for (const { line, at } of ended) {
        const { is } = line.closed ?? assert.fail(JSON.stringify(line));
        assert.ok(is - at <= WITHIN_MS, `${is - at} ms`);
        assert.deepEqual([line.accepted?.is, line.open], [true, undefined]);
      }
    });
  });
}

function portOf(end: string | undefined): number {
  return Number(end?.split(':').at(-1));
}
