import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { effectiveSettings } from '../../../lab/run/effective-settings.ts';
import { startGateway } from '../../../lab/run/start-gateway.ts';
import {
  checkCgroups,
  makeCgroups,
  parentsFor,
  removeCgroups,
} from '../../../lab/runtimes/cgroup/cgroups.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { cgroupLimits } from '../../../system/cgroup.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { lab, scratch, startLab } from '../cli/lab.ts';
import { deadLabel, foreignLabel, inOtherNamespace } from './places.ts';
import { measured, small } from './stage.ts';

const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };

describe('cpus and memory_mb', function () {
  this.timeout(40_000);
  skipWhenMissing(netns);
  const folder = scratch();
  before(async function () {
    const why = await checkCgroups(small('cpus=1', 'memory_mb=64')).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (why !== undefined) skip(this, why);
  });

  it('are in force for the gateway alone, and read back', async () => {
    const settings = effectiveSettings(await measured(netns, 'cpus=0.75', 'memory_mb=300'));
    assert.equal(settings.cpus, 0.75);
    assert.equal(settings.memory_mb, 300);
  });

  it('are none unless they are asked for', async () => {
    const settings = effectiveSettings(await measured(netns));
    const { cpus, memoryMb } = cgroupLimits() ?? { cpus: 0, memoryMb: 0 };
    assert.deepEqual([settings.cpus, settings.memory_mb], [cpus, memoryMb], "this process's own");
  });

  it('a quota throttles: the kernel counts it', async () => {
    const label = newLabel();
    const folders = await makeCgroups(small('cpus=0.05').values, label);
    try {
      const script = `echo 0 > '${folders[0]}/cgroup.procs' && while :; do :; done`;
      const busy = spawn('/bin/sh', ['-c', script], { stdio: 'ignore' });
      try {
        await until(() => throttled(folders[0] as string) > 2);
      } finally {
        busy.kill('SIGKILL');
        await once(busy, 'exit');
      }
    } finally {
      assert.deepEqual(await removeCgroups(folders), folders);
    }
  });

  it('a gateway beyond its memory is killed by the kernel', async () => {
    const settings = small('memory_mb=8');
    await using stage = await netns.open(settings, newLabel());
    await assert.rejects(
      startGateway(stage, settings.values, () => {}),
      /^CannotRunError: gateway: did not start with nofile=128, memory_mb=8: ended with SIGKILL$/,
    );
  });

  it('nothing is left when the stage is disposed', async () => {
    const label = newLabel();
    const places: string[] = [];
    {
      await using stage = await native.open(small('cpus=1', 'memory_mb=400'), label);
      assert.ok(stage);
      places.push(...labelled(label));
      assert.equal(places.length > 0, true, 'they are there while it lasts');
    }
    assert.deepEqual(places.filter(existsSync), []);
  });

  it('lab clean removes those of a dead lab that hold nobody, and no others', async () => {
    const labels = [deadLabel(), deadLabel(), newLabel(), foreignLabel(), 'resetlab.like'];
    const [parent = ''] = parents();
    const folders = labels.map((name) => join(parent, name));
    const [gone, used, kept, foreign, alike] = folders;
    for (const folder of folders) mkdirSync(folder);
    const user = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      writeFileSync(join(used as string, 'cgroup.procs'), String(user.pid));
      const { stdout, code, stderr } = await lab(['clean', '--json'], { env: NO_ENGINE });
      assert.equal(code, 0, stderr);
      const { cgroups, left, failed } = JSON.parse(stdout);
      assert.ok(cgroups.includes(gone), stdout);
      for (const folder of [used, kept, foreign, alike]) assert.ok(!cgroups.includes(folder), folder);
      assert.deepEqual(folders.map(existsSync), [false, true, true, true, true]);
      assert.ok(left.cgroups.includes(foreign) && !left.cgroups.includes(kept), stdout);
      const { kind, why } = failed.find(({ name }: { name: string }) => name === used) ?? {};
      assert.equal(kind, 'cgroups');
      assert.match(why, /^EBUSY: /);
    } finally {
      user.kill('SIGKILL');
      await once(user, 'exit');
      await removeCgroups(folders);
    }
  });

  it('lab clean in another pid namespace leaves those of a live lab', async function () {
    const prefix = inOtherNamespace(this);
    const [parent = ''] = parents();
    const live = join(parent, newLabel());
    mkdirSync(live);
    try {
      const { stdout, code, stderr } = await lab(['clean', '--json'], { env: NO_ENGINE, prefix });
      assert.equal(code, 0, stderr);
      const { cgroups, left } = JSON.parse(stdout);
      assert.ok(!cgroups.includes(live) && left.cgroups.includes(live), stdout);
      assert.ok(existsSync(live));
    } finally {
      await removeCgroups([live]);
    }
  });

  it('lab clean removes what a kill -9 left', async () => {
    const more = ['--set', 'cpus=1', '--set', 'memory_mb=400', '--set', 'rounds=0', '--set', 'hold_ms=60000'];
    const runs = ['--runtime', 'netns', '--users', '2', '--runs', folder()];
    const { child, ended } = startLab(['run', ...more, ...runs], { env: NO_ENGINE });
    const made = () => namedAfter(child.pid as number);
    try {
      await until(() => made().length > 0);
    } finally {
      child.kill('SIGKILL');
    }
    await ended;
    assert.ok(made().length > 0, 'nobody was left to remove them');
    assert.equal((await lab(['clean'], { env: NO_ENGINE })).code, 0);
    assert.deepEqual(made(), []);
  });

  it('an ordinary user is refused by name, before anything starts', async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root can become somebody else');
    process.seteuid?.(65_534);
    try {
      for (const item of ['cpus=0.5', 'memory_mb=64']) {
        await assert.rejects(checkCgroups(small(item)), (error: Error) => {
          assert.ok(error instanceof UsageError);
          assert.match(
            error.message,
            new RegExp(`^--set: ${item}: no cgroup can be made here .*; allowed: 0, `),
          );
          return true;
        });
      }
    } finally {
      process.seteuid?.(0);
    }
  });
});

/** The folders below which the lab makes cgroups. */
function parents(): string[] {
  const found = parentsFor(['cpu', 'memory']);
  assert.ok(typeof found !== 'string', String(found));
  return found.map(({ folder }) => folder);
}

/** The folders of that label's cgroups. */
function labelled(label: string): string[] {
  return parents()
    .map((folder) => join(folder, label))
    .filter(existsSync);
}

/** The cgroups of the lab with that pid. */
function namedAfter(pid: number): string[] {
  return parents().flatMap((folder) =>
    readdirSync(folder).filter((name) => name.startsWith(`resetlab.${pid}.`)),
  );
}

function throttled(folder: string): number {
  return Number(/^nr_throttled (\d+)/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))?.[1]);
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 15_000; !holds(); ) {
    assert.ok(performance.now() < end, 'not within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
