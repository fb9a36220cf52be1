import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { PROJECT_ROOT } from '../../../lab/runtimes/processes.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { lab, type Result, scratch } from '../cli/lab.ts';

const SMALL = ['run', '--json', '--no-fix', '--set', 'nofile=100', '--users', '120', '--set', 'rounds=0'];
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

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
  this.timeout(40_000);
  skipWhenMissing(netns);
  const folder = scratch();

  const strays = [
    ['3 to 9', 'exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null'],
    ['300, above the limit', 'exec 300</dev/null'],
    ['9 and 99, the last below it', 'exec 9</dev/null 99</dev/null'],
  ];
  for (const [name, redirections] of strays) {
    it(`stray descriptors ${name}: measured is as predicted`, async () => {
      const prefix = ['bash', '-c', `${redirections}; exec "$@"`, 'bash'];
      const runs = join(folder(), 'strays');
      asPredicted(await lab([...SMALL, '--runtime', 'netns', '--runs', runs], { prefix }));
    });
  }

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
});

/** Why an ordinary user cannot be tried here. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can become somebody else';
  const as = (...argv: string[]) =>
    spawnSync(NOBODY[0] as string, [...NOBODY.slice(1), ...argv]).status === 0;
  if (!as('test', '-r', join(PROJECT_ROOT, 'lab/cli.ts')))
    return `an ordinary user cannot read ${PROJECT_ROOT}`;
  if (!as(process.execPath, '--version')) return `an ordinary user cannot run ${process.execPath}`;
  if (!as('unshare', '--user', '--map-root-user', '--net', 'true')) return 'user namespaces are refused here';
  return undefined;
}
