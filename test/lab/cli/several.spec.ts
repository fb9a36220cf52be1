import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../../skip.ts';
import { lab, scratch } from './lab.ts';

describe('lab: gateways and sources that cannot be had are one line, and 2', function () {
  this.timeout(30_000);
  skipWhenMissing(netns);
  const folder = scratch();

  for (const [args, says] of [
    [
      ['run', '--users', '28233', '--set', 'sources=1'],
      /^lab: --users: users=28233: .* has ports for 28232 users from one address; allowed: 1 to 28232, or give more sources, /,
    ],
    [
      ['run', '--users', '1000000', '--set', 'gateways=200', '--set', 'sources=50'],
      /^lab: --(set|users): (gateways|users)=\d+: 200 gateways with 1000000 users would take about \d+\.\d GiB of memory, and \d+\.\d GiB can be had; allowed: at most \d+\n$/,
    ],
    [
      ['run', '--users', '8', '--set', 'gateways=9'],
      /^lab: --set: gateways=9: there are 8 users; allowed: 1 to 8\n$/,
    ],
    [['run', '--set', 'gateways=201'], /^lab: --set: gateways=201: allowed: a whole number from 1 to 200\n$/],
    [['run', '--set', 'sources=0'], /^lab: --set: sources=0: allowed: a whole number from 1 to 50/],
    [
      ['run', '--set', 'gateways=2', '--set', 'via=published'],
      /^lab: --set: via=published: netns publishes no port; /,
    ],
    [
      ['run', '--set', 'gateways=2', '--driver', 'k6'],
      /^lab: --set: gateways=2: .*; allowed with --driver k6: 1\n$/,
    ],
    [
      ['threshold', '--vary', 'gateways=1,0'],
      /^lab: --vary: gateways=0: allowed: a whole number from 1 to 200\n$/,
    ],
    [
      ['threshold', '--vary', 'gateways=2', '--driver', 'k6'],
      /^lab: --vary: gateways=2: .*; allowed with --driver k6: 1\n$/,
    ],
    [
      ['compare', 'linux', 'macos', '--set', 'gateways=2'],
      /^lab: --set: gateways=2: a comparison looks at one; allowed: 1\n$/,
    ],
  ] as const)
    it(args.join(' '), async () => {
      const runs = join(folder(), 'none');
      const { code, stdout, stderr } = await lab([...args, '--runtime', 'netns', '--runs', runs]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^[^\n]+\n$/);
      assert.match(stderr, says);
      assert.ok(!existsSync(runs), 'nothing was begun');
    });

  it('compare: the folder of a run of several gateways', async () => {
    const runs = join(folder(), 'runs');
    const given = ['gateways=2', 'users=4', 'rounds=0'].flatMap((item) => ['--set', item]);
    const ran = await lab(['run', '--runtime', 'netns', '--no-fix', '--runs', runs, ...given]);
    assert.equal(ran.code, 0, ran.stderr);
    const made = join(runs, 'latest');
    const { code, stdout, stderr } = await lab(['compare', made, 'macos', '--runs', runs]);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.equal(stderr, `lab: compare ${made}: a run of 2 gateways; allowed: the folder of a run of one\n`);
  });
});
