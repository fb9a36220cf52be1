import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { DELAY_SCRIPT } from '../../../lab/runtimes/link-delay.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { startProcess } from '../../../lab/runtimes/processes.ts';
import { hasCommand } from '../../../system/apt.ts';
import { run } from '../../scripts/tools.ts';
import { onLinuxOnly, skip, skipWhenMissing } from '../../skip.ts';
import { scratch } from '../cli/lab.ts';
import { small } from './stage.ts';

/** What the schema never lets through, and what a shell must not get all the same. */
const as = <T>(text: string) => text as unknown as T;

describe('values that a shell gets are no part of its line', function () {
  this.timeout(30_000);
  const folder = scratch();
  const nothingWritten = () => assert.deepEqual(readdirSync(folder()), []);

  describe('sysctls of a network namespace', () => {
    skipWhenMissing(netns);

    it('are written as they are, and refused by the kernel', async () => {
      const settings = small('somaxconn=16');
      settings.values.somaxconn = as<number>(`16'; touch ${join(folder(), 'run')}; echo '16`);
      await assert.rejects(netns.open(settings, newLabel()), (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /^--set: somaxconn=16'.*: this kernel does not accept it/);
        return true;
      });
      nothingWritten();
    });
  });

  describe('a part', () => {
    onLinuxOnly('its shell joins cgroups');
    const part = (nofile: string, cgroups: string[]) => {
      const spec = { role: 'robots' as const, module: 'robots/main.ts', env: {}, onLine() {} };
      return startProcess({ ...spec, nofile: as<number>(nofile) }, newLabel(), [], cgroups).ended;
    };

    it('with a limit that is none', async () => {
      const { code } = await part(`64; touch ${join(folder(), 'run')}`, []);
      assert.notEqual(code, 0);
      nothingWritten();
    });

    it('with a cgroup of any name: it joins before it does anything', async () => {
      const name = `a'$(touch run)"b`;
      mkdirSync(join(folder(), name, 'cgroup.procs'), { recursive: true });
      const { code, output } = await part('64', [join(folder(), name)]);
      assert.notEqual(code, 0);
      assert.ok(output.includes(name), output);
      assert.deepEqual(readdirSync(folder()), [name]);
      assert.ok(!existsSync(join(PROJECT_ROOT, 'run')));
    });
  });

  it('the delay of a link is a number of milliseconds', async function () {
    if (!hasCommand('tc')) skip(this, 'tc is not installed');
    // bash evaluates what it finds in an expression.
    const shell = hasCommand('bash') ? 'bash' : 'sh';
    for (const ms of [`a[$(touch ${join(folder(), 'delay')})]`, '', '0', '-1', '5ms']) {
      const ended = await run(shell, [join(PROJECT_ROOT, DELAY_SCRIPT), 'resetlab-none', ms]);
      assert.deepEqual(
        [ended.code, ended.stderr],
        [2, `delay.sh: MS is '${ms}'; allowed: a whole number of milliseconds from 1 on\n`],
      );
      assert.ok(!existsSync(join(folder(), 'delay')));
    }
  });
});
