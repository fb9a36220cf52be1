import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  cgroupLimits,
  cpusOf,
  findCgroup,
  memoryMbOf,
  oomKillsOf,
  throttlingOf,
  tightest,
} from '../../system/cgroup.ts';
import { openDescriptors } from '../../system/descriptors.ts';

const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '41 31 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');
const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';

const files = (all: Record<string, string>) => (name: string) => all[name];

describe('cgroups as the gateway reads them', () => {
  it('v1: each controller in its own hierarchy', () => {
    const member = '4:memory:/system/a:b\n1:cpu,cpuacct:/\n0::/user.slice\n';
    assert.deepEqual(findCgroup('memory', member, V1), {
      version: 1,
      top: '/sys/fs/cgroup/memory',
      folder: '/sys/fs/cgroup/memory/system/a:b',
    });
    const top = '/sys/fs/cgroup/cpu,cpuacct';
    assert.deepEqual(findCgroup('cpu', member, V1), { version: 1, top, folder: top });
  });

  it('v2: one hierarchy for all', () => {
    const folder = '/sys/fs/cgroup/user.slice/session-1.scope';
    const place = { version: 2, top: '/sys/fs/cgroup', folder };
    assert.deepEqual(findCgroup('cpu', '0::/user.slice/session-1.scope\n', V2), place);
    assert.deepEqual(findCgroup('memory', '0::/user.slice/session-1.scope\n', V2), place);
  });

  it("in a container the files are at the mount's root, with a cgroup namespace or without", () => {
    const mounts =
      '900 880 0:32 /docker/abc /sys/fs/cgroup/memory ro,nosuid master:12 - cgroup cgroup rw,memory';
    const top = '/sys/fs/cgroup/memory';
    assert.deepEqual(findCgroup('memory', '4:memory:/docker/abc\n', mounts)?.folder, top);
    assert.deepEqual(findCgroup('memory', '4:memory:/docker/abc/in/it\n', mounts)?.folder, `${top}/in/it`);
    assert.deepEqual(findCgroup('memory', '4:memory:/docker/abcd\n', mounts)?.folder, top);
    assert.deepEqual(findCgroup('memory', '0::/\n', V2)?.folder, '/sys/fs/cgroup');
  });

  it('a controller that is nowhere mounted has no place', () => {
    assert.equal(findCgroup('cpu', '1:cpu:/\n', ''), undefined);
    assert.equal(findCgroup('cpu', '', V2), undefined);
    assert.equal(findCgroup('cpu', '5:memory:/\n', V1), undefined);
  });

  it('finds any path below the mount, and never leaves it', () => {
    const part = fc.stringMatching(/^[a-z][a-z0-9.@_-]{0,11}$/);
    const path = fc.array(part, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, path, (root, own) => {
        const mounts = `30 23 0:26 ${root} /cg rw - cgroup2 cgroup2 rw`;
        const folder = findCgroup('cpu', `0::${own}\n`, mounts)?.folder ?? '';
        assert.ok(folder === '/cg' || folder.startsWith('/cg/'), folder);
        const inside = root === '/' || own.startsWith(`${root}/`);
        if (inside && own !== '/')
          assert.equal(folder, root === '/' ? `/cg${own}` : `/cg${own.slice(root.length)}`);
      }),
    );
  });

  it('reads back every quota and limit that it would be given', () => {
    const milli = fc.integer({ min: 10, max: 64_000 });
    fc.assert(
      fc.property(milli, fc.integer({ min: 1, max: 2 ** 20 }), (cpus, mb) => {
        const quota = String(cpus * 100);
        const v1 = files({
          'cpu.cfs_quota_us': `${quota}\n`,
          'cpu.cfs_period_us': '100000\n',
          'memory.limit_in_bytes': `${mb * 2 ** 20}\n`,
        });
        const v2 = files({ 'cpu.max': `${quota} 100000\n`, 'memory.max': `${mb * 2 ** 20}\n` });
        for (const [version, file] of [[1, v1] as const, [2, v2] as const]) {
          assert.equal(cpusOf(version, file), cpus / 1000);
          assert.equal(memoryMbOf(version, file), mb);
        }
      }),
    );
  });

  it('0 where there is no limit, or no file', () => {
    const v1 = files({
      'cpu.cfs_quota_us': '-1\n',
      'cpu.cfs_period_us': '100000\n',
      'memory.limit_in_bytes': '9223372036854771712\n',
    });
    const v2 = files({ 'cpu.max': 'max 100000\n', 'memory.max': 'max\n' });
    const none = files({});
    for (const [version, file] of [
      [1, v1] as const,
      [2, v2] as const,
      [1, none] as const,
      [2, none] as const,
    ]) {
      assert.equal(cpusOf(version, file), 0);
      assert.equal(memoryMbOf(version, file), 0);
    }
  });

  it('how often the kernel killed for want of memory, v2 and v1; undefined where it does not say', () => {
    const v2 = files({ 'memory.events': 'low 0\noom 2\noom_kill 1\noom_group_kill 0\n' });
    const v1 = files({ 'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n' });
    assert.equal(oomKillsOf(v2), 1);
    assert.equal(oomKillsOf(v1), 3);
    assert.equal(oomKillsOf(files({ 'memory.oom_control': 'under_oom 0\n' })), undefined);
    assert.equal(oomKillsOf(files({})), undefined);
  });

  it('cpu.stat of v2 and v1; undefined where it does not say', () => {
    const v2 = 'usage_usec 90\nnr_periods 9\nnr_throttled 4\nthrottled_usec 250000\nnr_bursts 0\n';
    const v1 = 'nr_periods 9\nnr_throttled 4\nthrottled_time 250000000\n';
    assert.deepEqual(throttlingOf(v2), { periods: 4, ms: 250 });
    assert.deepEqual(throttlingOf(v1), { periods: 4, ms: 250 });
    assert.equal(throttlingOf('usage_usec 90\nuser_usec 80\n'), undefined);
    assert.equal(throttlingOf(undefined), undefined);
  });

  it('the tightest of a cgroup and those above it, the nearest of two alike, and none above the mount', () => {
    const top = mkdtempSync(join(tmpdir(), 'cgroup-'));
    const mount = join(top, 'mount');
    const folder = join(mount, 'a/b');
    const place = { version: 2, top: mount, folder } as const;
    try {
      mkdirSync(folder, { recursive: true });
      assert.deepEqual(tightest(place, cpusOf), { limit: 0 });
      writeFileSync(join(top, 'cpu.max'), '10000 100000\n');
      writeFileSync(join(folder, 'cpu.max'), '400000 100000\n');
      assert.deepEqual(tightest(place, cpusOf), { limit: 4, folder });
      writeFileSync(join(mount, 'a/cpu.max'), '200000 100000\n');
      writeFileSync(join(mount, 'cpu.max'), '200000 100000\n');
      assert.deepEqual(tightest(place, cpusOf), { limit: 2, folder: join(mount, 'a') });
      assert.deepEqual(tightest(undefined, cpusOf), { limit: 0 });
    } finally {
      rmSync(top, { recursive: true });
    }
  });

  it('leaves no descriptor open', () => {
    const before = openDescriptors();
    cgroupLimits();
    assert.deepEqual(openDescriptors(), before);
  });
});
