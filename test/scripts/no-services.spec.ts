import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noServices, POLICY, removeLeft } from '../../system/no-services.ts';
import { onLinuxOnly, skip } from '../skip.ts';
import { ROOT, run, start, temporaryFolder, until } from './tools.ts';

/** Another run that installs: holds the file until it is ended. */
function other(path: string) {
  const script = `
    import { noServices } from '${ROOT}/system/no-services.ts';
    const held = await noServices('${path}');
    console.log('held');
    process.once('SIGTERM', () => { held[Symbol.dispose](); process.exit(0); });
    setInterval(() => {}, 1000);`;
  return start(process.execPath, ['--input-type=module', '-e', script]);
}

describe('the file that keeps services from starting', () => {
  onLinuxOnly('a process is told from a later one by /proc');

  it('says 101 to whoever asks, carries our mark, and goes when it is over', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'policy-rc.d');
    {
      using _ = await noServices(path);
      assert.equal(spawnSync(path, ['nginx', 'start']).status, 101);
      assert.match(readFileSync(path, 'utf8'), new RegExp(`^# resetlab: .* process ${process.pid} `, 'm'));
      assert.equal(removeLeft(path), false, 'its writer lives');
    }
    assert.ok(!existsSync(path));
  });

  it('of a run that was killed is removed by the next', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'policy-rc.d');
    for (const next of [() => removeLeft(path), async () => (await noServices(path))[Symbol.dispose]()]) {
      const { child, ended, printed } = other(path);
      await until(() => printed.stdout === 'held\n');
      child.kill('SIGKILL');
      await ended;
      assert.ok(existsSync(path), 'it is left');
      await next();
      assert.ok(!existsSync(path));
    }
  });

  it('of a run that still installs is waited for', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'policy-rc.d');
    const { child, ended, printed } = other(path);
    await until(() => printed.stdout === 'held\n');
    let ours = false;
    const waiting = noServices(path).then((held) => {
      ours = true;
      return held;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(ours, false);
    child.kill('SIGTERM');
    await ended;
    using _ = await waiting;
    assert.match(readFileSync(path, 'utf8'), new RegExp(` process ${process.pid} `));
  });

  it("that is somebody's own is left as it is", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'policy-rc.d');
    const own = '#!/bin/sh\nexit 0\n';
    writeFileSync(path, own, { mode: 0o755 });
    {
      using _ = await noServices(path);
      assert.equal(readFileSync(path, 'utf8'), own);
    }
    assert.equal(removeLeft(path), false);
    assert.equal(readFileSync(path, 'utf8'), own);
  });

  it('is looked for when npm test starts', async function () {
    this.timeout(30_000);
    if (process.getuid?.() !== 0) skip(this, 'only root can have a /usr/sbin of its own to try it in');
    using folder = temporaryFolder();
    const path = join(folder.path, 'policy-rc.d');
    const dead = other(path);
    await until(() => dead.printed.stdout === 'held\n');
    dead.child.kill('SIGKILL');
    await dead.ended;
    const script = `
      mount -t tmpfs none "$1" 2>/dev/null && mkdir "$1/upper" "$1/work" && cp "$2" "$1/upper/" &&
        mount -t overlay none -o "lowerdir=/usr/sbin,upperdir=$1/upper,workdir=$1/work" /usr/sbin || exit 77
      "$3" "$4" --only compose --grep none >/dev/null
      [ ! -e /usr/sbin/policy-rc.d ] && echo gone`;
    const own = join(folder.path, 'own');
    mkdirSync(own);
    const ended = await run(
      'unshare',
      ['--mount', 'sh', '-c', script, 'sh', own, path, process.execPath, join(ROOT, 'scripts/test.ts')],
      { env: { ...process.env, RESETLAB_DOCKER: 'off' } },
    );
    if (ended.code === 77) skip(this, 'no overlay can be mounted here');
    assert.equal(ended.stdout, 'gone\n', ended.stderr);
    assert.equal(ended.stderr, `npm test: removed ${POLICY}, which a killed run had left\n`);
  });
});
