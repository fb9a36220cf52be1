import assert from 'node:assert/strict';
import { clockErrorOf } from '../../../lab/facts/clock-error.ts';
import { sharedLimits } from '../../../lab/facts/shared-limits.ts';
import type { PartClock } from '../../../lab/runtimes/runtime.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';

const clock = (role: PartClock['role'], number: number, errorMs: number): PartClock => ({
  ...{ role, number, where: 'a', aheadMs: 9000, errorMs },
});

describe('facts: the error of the clocks', () => {
  it('is 0 of one clock', () => assert.equal(clockErrorOf({}), 0));

  it('is that of the gateway and of the fleet known worst', () => {
    const fleets = [clock('robots', 0, 2), clock('robots', 1, 5)];
    assert.equal(clockErrorOf({ clocks: [clock('gateway', 0, 4), ...fleets] }), 9);
    assert.equal(clockErrorOf({ clocks: [clock('gateway', 0, 4)] }), 4);
  });

  it('is that of two fleets, where it is larger', () => {
    const clocks = [clock('gateway', 0, 1), clock('robots', 0, 3), clock('robots', 1, 5)];
    assert.equal(clockErrorOf({ clocks }), 8);
  });

  it('takes the worst of several gateways, and one of them', () => {
    const gateways = [clock('gateway', 0, 1), clock('gateway', 1, 7), clock('gateway', 2, 6)];
    assert.equal(clockErrorOf({ clocks: [...gateways, clock('robots', 0, 2)] }), 9);
  });
});

it('facts: limits of a container hold for the observer as well in a swarm alone, where they are given', () => {
  const asked = settingsSchema.parse({ cpus: '0.5' });
  assert.deepEqual(sharedLimits({ runtime: 'swarm', asked }), ['cpus']);
  assert.deepEqual(sharedLimits({ runtime: 'swarm', asked: { ...asked, cpus: 0, memory_mb: 64 } }), [
    'memory_mb',
  ]);
  assert.deepEqual(sharedLimits({ runtime: 'docker', asked }), []);
});
