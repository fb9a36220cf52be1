import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UsageError } from '../../../common/errors.ts';
import { arrivalMs, BENCH_DRIVERS, chooseDrivers, parseDrivers } from '../../../lab/bench/drivers.ts';

describe('bench drivers', () => {
  it('takes any list of names, each once, in one order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...BENCH_DRIVERS), { minLength: 1 }), (names) => {
        const parsed = parseDrivers(names.join(', '));
        assert.deepEqual(new Set(parsed), new Set(names));
        assert.deepEqual(
          parsed,
          BENCH_DRIVERS.filter((name) => names.includes(name)),
        );
      }),
    );
  });

  it('refuses any other name in one line', async () => {
    for (const list of ['', 'robots,', 'wrk', 'Robots']) {
      await assert.rejects(chooseDrivers(list), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(
          error.message,
          /^--drivers .*: allowed, separated by commas: robots, .*artillery, ledger$/,
        );
        return true;
      });
    }
  });

  it('gives more users more time to come', () => {
    for (const driver of BENCH_DRIVERS) assert.ok(arrivalMs(driver, 15_000) > arrivalMs(driver, 1));
  });
});
