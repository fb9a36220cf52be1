import assert from 'node:assert/strict';
import { checkCapacity } from '../../../lab/settings/capacity.ts';
import { stackSettings } from '../../../lab/verbs/stack-settings.ts';

/** What a container of the stack has, with values that no machine's own limit refuses. */
const ENV = { ROBOTS_NOFILE: '16384' };

const check = (env: NodeJS.ProcessEnv, robots: number) =>
  checkCapacity(stackSettings({ ...ENV, ...env }, robots, 'robots'), true, {
    moreSources: '--scale robots=N',
  });

describe('settings of the compose stack', () => {
  it('have as many sources as there are containers of robots', () => {
    assert.equal(stackSettings({}, 1, 'robots').values.sources, 1);
    assert.equal(stackSettings({ SOURCES: '' }, 3, 'robots').values.sources, 3);
    assert.equal(stackSettings({ SOURCES: '3' }, 3, 'robots').values.sources, 3);
  });

  it('take as many users as those have ports', () => {
    check({ USERS: '28232' }, 1);
    check({ USERS: String(3 * 28232) }, 3);
    for (const [users, robots, from] of [
      [28233, 1, 'one address'],
      [3 * 28232 + 1, 3, '3 addresses'],
    ] as const)
      assert.throws(() => check({ USERS: String(users) }, robots), {
        name: 'UsageError',
        message: `the environment: users=${users}: ip_local_port_range 32768-60999 has ports for ${users - 1} users from ${from}; allowed: 1 to ${users - 1}, or --scale robots=N, or widen ip_local_port_range`,
      });
  });

  for (const [what, env, there, follower, message] of [
    [
      'another number of sources',
      { SOURCES: '5' },
      3,
      'robots',
      'the environment: sources=5: in the stack they are the containers of robots; allowed: 3, or --scale robots=N',
    ],
    [
      'more robots than addresses',
      {},
      51,
      'robots',
      '--scale robots: sources=51: allowed: a whole number from 1 to 50',
    ],
    ['several k6', {}, 2, 'k6', '--scale k6=2: k6 runs in one place; allowed: 1'],
    ['nobody to make a load', {}, 0, 'robots', 'robots: no container has joined the channel'],
  ] as const)
    it(`refuse ${what}`, () => {
      assert.throws(() => stackSettings(env, there, follower), { message });
    });
});
