import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, type Result, scratch } from '../cli/lab.ts';
import { NOBODY, whyNot } from './ordinary-user.ts';

const it = oneIn(2);

const SMALL = ['run', '--json', '--no-fix', '--set', 'nofile=100', '--users', '120', '--set', 'rounds=0'];

/** As many got in as the law says, and the rest by reset. */
function asPredicted({ code, stdout, stderr }: Result): VerdictDocument {
  assert.ok(code === 0, `${code}: ${stderr}`);
  const document = JSON.parse(stdout) as VerdictDocument;
  const { threshold, users, settings } = document;
  assert.equal(settings.nofile, 100);
  assert.equal(threshold.measured, threshold.predicted, JSON.stringify(users.by));
  assert.equal(users.open + users.failed, 120);
  assert.ok(users.failed > 0);
  return document;
}

describe('runtimes: whoever starts the lab, and with whatever open', function () {
  this.timeout(90_000);
  skipWhenMissing(netns);
  const folder = scratch();

  it('stray descriptors take nobody a place, whatever their numbers', async () => {
    const measuredWith = async (redirections: string) => {
      const prefix = ['bash', '-c', `${redirections}; exec "$@"`, 'bash'];
      const runs = join(folder(), 'strays');
      const result = await lab([...SMALL, '--runtime', 'netns', '--runs', runs], { prefix });
      return asPredicted(result).threshold.measured;
    };
    const without = await measuredWith(':');
    for (const numbers of [
      [3, 4, 5, 6, 7, 8, 9],
      [9, 20, 50, 99],
      [99, 300],
    ])
      assert.equal(
        await measuredWith(`exec ${numbers.map((fd) => `${fd}</dev/null`).join(' ')}`),
        without,
        String(numbers),
      );
  });

  it('the robots do not keep them either', async () => {
    const prefix = ['bash', '-c', 'exec 50</dev/null 60</dev/null; exec "$@"', 'bash'];
    const low = ['--set', 'nofile=1000', '--set', 'robots_nofile=70', '--users', '120', '--set', 'rounds=0'];
    const roomOf = async (how: { prefix?: string[] }) => {
      const runs = join(folder(), 'robots');
      const { stdout } = await lab(
        ['run', '--json', '--no-fix', ...low, '--runtime', 'netns', '--runs', runs],
        how,
      );
      return (JSON.parse(stdout) as VerdictDocument).users.open;
    };
    const open = await roomOf({});
    assert.ok(open > 0 && open < 70);
    assert.equal(await roomOf({ prefix }), open);
  });

  it('stdin closed, and a soft limit below the gateway', async () => {
    const prefix = ['bash', '-c', 'ulimit -Sn 90; exec "$@" <&-', 'bash'];
    asPredicted(await lab([...SMALL, '--runtime', 'netns', '--runs', join(folder(), 'low')], { prefix }));
  });

  it('an ordinary user, in a user namespace of its own', async function () {
    const why = whyNot();
    if (why !== undefined) skip(this, why);
    const runs = join(folder(), 'nobody');
    mkdirSync(runs);
    chmodSync(folder(), 0o755);
    chmodSync(runs, 0o777);
    const env = { HOME: '/tmp' };
    const result = await lab([...SMALL, '--runtime', 'netns', '--runs', runs], { prefix: NOBODY, env });
    const { runtime } = asPredicted(result);
    assert.equal(runtime, 'netns');
  });

  it("beside another user's runs, in a folder where everybody keeps his own", async function () {
    const why = whyNot();
    if (why !== undefined) skip(this, why);
    const runs = join(folder(), 'shared');
    mkdirSync(runs);
    chmodSync(folder(), 0o755);
    chmodSync(runs, 0o1777);
    symlinkSync('of-root', join(runs, 'latest'));
    const argv = [...SMALL, '--runtime', 'netns', '--runs', runs];
    const result = await lab(argv, { prefix: NOBODY, env: { HOME: '/tmp' } });
    asPredicted(result);
    assert.match(result.stderr, /\/latest: left as it is \(EPERM\), since it belongs to another user\n/);
    assert.equal(readlinkSync(join(runs, 'latest')), 'of-root');
    assert.equal(readdirSync(runs).length, 2, 'latest and the run');
  });
});
