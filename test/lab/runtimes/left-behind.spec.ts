import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { parseProcesses } from '../../../lab/runtimes/clean-processes.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { LABEL_FLAG } from '../../../lab/runtimes/processes.ts';
import { skip, skipOffLinux, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { CLI, cleanEnvironment, lab, preloaded, scratch, startLab } from '../cli/lab.ts';
import { deadLabel, dummy, foreignLabel, inOtherNamespace, labBehind, oldLabel } from './places.ts';

/** Those with a lab at work. */
const drawn = oneIn(2);

/** A lab that stays in the middle of its load until it is ended. */
const HELD = [
  '--runtime',
  'netns',
  '--set',
  'nofile=100',
  '--users',
  '120',
  '--set',
  'rounds=0',
  '--set',
  'hold_ms=60000',
];
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };

describe('runtimes: nothing is left behind', function () {
  this.timeout(40_000);
  skipWhenMissing(netns);
  const folder = scratch();

  drawn('kill -9 on the lab in the middle of a run', async () => {
    const { child, ended } = startLab(['run', ...HELD, '--runs', join(folder(), 'killed')]);
    const pid = child.pid as number;
    try {
      await until(() => inTheMiddle(pid));
      const namespaces = partsOf(pid).map(namespaceOf);
      assert.ok(namespaces.some((namespace) => namespace !== namespaceOf(process.pid)));
    } finally {
      child.kill('SIGKILL');
    }
    const { signal } = await ended;
    assert.equal(signal, 'SIGKILL');
    await until(() => partsOf(pid).length === 0);
    assert.deepEqual(partsOf(pid).map(describeProcess), []);
  });

  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    drawn(`${name} in the middle: ${code}, the files are there and say incomplete`, async () => {
      const runs = join(folder(), name);
      const { child, ended, result } = startLab(['run', 'fd-exhaustion', '--json', ...HELD, '--runs', runs]);
      const pid = child.pid as number;
      try {
        await until(() => inTheMiddle(pid) && /7\d open/.test(result.stderr));
        child.kill(name);
        const end = await ended;
        assert.equal(end.code, code, end.stderr);
        const document = JSON.parse(end.stdout) as VerdictDocument;
        assert.equal(document.complete, false);
        assert.equal(document.fix, null, 'no second run');
        const made = join(runs, 'latest');
        const files = [
          'connections.ndjson',
          'manifest.json',
          'report.html',
          'samples.ndjson',
          'users.ndjson',
          'verdict.json',
        ];
        const there = readdirSync(made).filter((file) => file !== 'trace.ndjson');
        assert.deepEqual(there.sort(), files);
        assert.deepEqual(JSON.parse(readFileSync(join(made, 'verdict.json'), 'utf8')), document);
        assert.equal(JSON.parse(readFileSync(join(made, 'manifest.json'), 'utf8')).complete, false);
        assert.ok(readFileSync(join(made, 'samples.ndjson'), 'utf8').length > 0);
        assert.deepEqual(partsOf(pid).map(describeProcess), []);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }

  drawn('a run that ends by itself', async () => {
    const args = [
      'run',
      '--runtime',
      'netns',
      '--users',
      '2',
      '--set',
      'rounds=0',
      '--runs',
      join(folder(), 'ended'),
    ];
    const { child, ended } = startLab(args);
    assert.equal((await ended).code, 0);
    assert.deepEqual(partsOf(child.pid as number).map(describeProcess), []);
  });
});

/** A fleet that takes no TERM: what ends in order waits for it. */
const DEAF_ROBOTS = `if (process.argv[1]?.endsWith('robots/main.ts')) {
  const { on } = process;
  process.on = function (name, ...rest) { return name === 'SIGTERM' ? this : on.call(this, name, ...rest) };
  on.call(process, 'SIGTERM', () => {});
}`;
/** A watcher that never begins. */
const MUTE_WATCHER = `if (process.argv[1]?.endsWith('server-watcher.ts')) {
  setInterval(() => {}, 1000);
  await new Promise(() => {});
}`;

describe('lab: Ctrl-C, and Ctrl-C again', function () {
  this.timeout(40_000);
  const folder = scratch();

  describe('in a run', () => {
    skipWhenMissing(netns);

    drawn(
      'one press that comes twice, as npm passes it on, is one: everything is ended in order',
      async () => {
        const runs = join(folder(), 'twice');
        const { child, ended } = startLab(['run', '--json', ...HELD, '--runs', runs]);
        const pid = child.pid as number;
        try {
          await until(() => inTheMiddle(pid));
          child.kill('SIGINT');
          await new Promise((resolve) => setTimeout(resolve, 20));
          child.kill('SIGINT');
          const { code, stdout, stderr } = await ended;
          assert.equal(code, 130, stderr);
          assert.equal((JSON.parse(stdout) as VerdictDocument).complete, false);
          assert.ok(readdirSync(join(runs, 'latest')).includes('report.html'));
        } finally {
          child.kill('SIGKILL');
        }
      },
    );

    for (const [second, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      drawn(
        `an ending that takes long says so, and then ${second} ends at once, with all of its parts`,
        async () => {
          const { child, ended, result } = startLab(
            ['run', '--json', ...HELD, '--runs', join(folder(), second)],
            {
              env: preloaded(DEAF_ROBOTS),
            },
          );
          const pid = child.pid as number;
          try {
            // Sooner, its robots would still take TERM.
            await until(() => inTheMiddle(pid) && /7\d open/.test(result.stderr));
            child.kill('SIGINT');
            await until(() =>
              /still ending what was started; press Ctrl-C again to end at once\n/.test(result.stderr),
            );
            assert.ok(partsOf(pid).length > 0);
            child.kill(second);
            const end = await ended;
            assert.equal(end.code, code, end.stderr);
            assert.equal(end.stdout, '');
            assert.match(end.stderr, new RegExp(`^lab: ${second} again: ended at once`, 'm'));
            await until(() => partsOf(pid).length === 0);
          } finally {
            child.kill('SIGKILL');
          }
        },
      );
    }
  });

  drawn('before a stranger is watched: 130, and the watcher is gone', async function () {
    skipOffLinux(this, 'diagnose');
    const server = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { child, ended } = startLab(['diagnose', '--port', String(port), '--json'], {
      env: preloaded(MUTE_WATCHER),
    });
    const pid = child.pid as number;
    try {
      await until(() => partsOf(pid).some((part) => describeProcess(part).includes('server-watcher.ts')));
      child.kill('SIGINT');
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 130, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^lab: interrupted \(SIGINT\) before there was a result\n$/);
      assert.deepEqual(partsOf(pid).map(describeProcess), []);
    } finally {
      child.kill('SIGKILL');
      server.close();
    }
  });
});

describe('lab clean', function () {
  this.timeout(20_000);

  it('ends what a dead lab left, and not what a live one has, nor what only looks alike', async () => {
    const dead = deadLabel();
    const orphan = await dummy(LABEL_FLAG + dead);
    const live = await dummy(LABEL_FLAG + newLabel());
    const alike = await dummy(`--note=${dead}`);
    const quoted = await dummy(LABEL_FLAG + dead, 'and more');
    const all = [orphan, live, alike, quoted];
    try {
      const { code, stdout, stderr } = await lab(['clean', '--json'], { env: NO_ENGINE });
      assert.equal(code, 0, stderr);
      const { processes, containers, networks } = JSON.parse(stdout);
      assert.ok(processes.includes(orphan.pid), 'the orphan');
      for (const kept of [live, alike, quoted]) assert.ok(!processes.includes(kept.pid));
      assert.deepEqual([containers, networks], [[], []]);
      if (orphan.signalCode === null) await once(orphan, 'exit');
      assert.equal(orphan.signalCode, 'SIGKILL');
      for (const kept of [live, alike, quoted]) assert.equal(kept.signalCode ?? kept.exitCode, null);
    } finally {
      for (const child of all) child.kill('SIGKILL');
    }
  });

  it('leaves what may be of a live lab, and names it in one line', async () => {
    const old = await dummy(LABEL_FLAG + oldLabel(spawnSync('true').pid));
    const foreign = await dummy(LABEL_FLAG + foreignLabel());
    try {
      const { stdout, code } = await lab(['clean', '--json'], { env: NO_ENGINE });
      assert.equal(code, 0);
      const { processes, left } = JSON.parse(stdout);
      const text = (await lab(['clean'], { env: NO_ENGINE })).stdout;
      const named = text.split('\n').filter((line) => line.startsWith('left: '));
      assert.equal(named.length, 1, text);
      assert.match(named[0] as string, / of labs that cannot be seen from here; --force removes them$/);
      for (const kept of [old, foreign]) {
        assert.ok(!processes.includes(kept.pid));
        assert.ok(left.processes.includes(kept.pid), stdout);
        assert.match(named[0] as string, new RegExp(`\\b${kept.pid}\\b`));
        assert.equal(kept.signalCode ?? kept.exitCode, null);
      }
    } finally {
      for (const child of [old, foreign]) child.kill('SIGKILL');
    }
  });

  it('spares a live lab of another pid namespace', async function () {
    await using other = await labBehind(inOtherNamespace(this));
    const part = await dummy(LABEL_FLAG + other.label);
    try {
      const { stdout, code } = await lab(['clean', '--json'], { env: NO_ENGINE });
      assert.equal(code, 0);
      assert.ok(!JSON.parse(stdout).processes.includes(part.pid), stdout);
      assert.equal(part.signalCode ?? part.exitCode, null);
    } finally {
      part.kill('SIGKILL');
    }
  });

  it('--force takes what may be of a live lab, not what is of one, and an ordinary user may ask for it', function () {
    const user =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const own = ['unshare', '--user', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const inside = (...argv: string[]) => {
      const [command = '', ...args] = [...user, ...own, ...argv];
      return spawnSync(command, args, {
        encoding: 'utf8',
        env: { ...cleanEnvironment(NO_ENGINE), HOME: '/' },
      });
    };
    const tried = inside(process.execPath, '--check', CLI);
    if (tried.status !== 0)
      skip(this, `an ordinary user has no pid namespace here: ${(tried.stderr ?? 'no unshare').trim()}`);
    // The first process of the namespace is a lab, by its label, and has two parts.
    const script = `
      import { spawn, spawnSync } from 'node:child_process';
      import { newLabel } from ${JSON.stringify(join(PROJECT_ROOT, 'lab/runtimes/label.ts'))};
      const label = newLabel();
      const part = (label) => spawn('sh', ['-c', 'read -r _', 'sh', ${JSON.stringify(LABEL_FLAG)} + label]);
      const [foreign, live] = [part(label.replace(/[0-9a-f]{12}-/, '0123456789ab-')), part(label)];
      const clean = spawnSync(process.execPath, [${JSON.stringify(CLI)}, 'clean', '--force', '--json']);
      const ended = new Promise((resolve) => foreign.once('exit', (code, signal) => resolve(signal)));
      const { processes } = JSON.parse(clean.stdout);
      console.log(JSON.stringify({
        code: clean.status,
        killed: processes.map((pid) => pid === foreign.pid ? 'foreign' : pid === live.pid ? 'live' : pid),
        signal: processes.includes(foreign.pid) ? await ended : null,
        lives: live.exitCode === null && live.signalCode === null,
      }));
      process.exit();`;
    const { stdout, stderr } = inside(process.execPath, '--input-type=module', '-e', script);
    assert.notEqual(stdout, '', stderr);
    assert.deepEqual(JSON.parse(stdout), { code: 0, killed: ['foreign'], signal: 'SIGKILL', lives: true });
  });
});

function processes() {
  const listing = execFileSync('ps', ['-axww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return parseProcesses(listing);
}

/** Pids that carry the label of the lab with that pid. */
function partsOf(pid: number): number[] {
  return processes().flatMap(({ pid: part, label }) => (label.startsWith(`resetlab.${pid}.`) ? [part] : []));
}

/** Do holder, gateway, observer and robots all run? */
function inTheMiddle(pid: number): boolean {
  return (
    partsOf(pid).length >= 4 && partsOf(pid).some((part) => describeProcess(part).includes('robots/main.ts'))
  );
}

function describeProcess(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function namespaceOf(pid: number): string {
  try {
    return execFileSync('readlink', [`/proc/${pid}/ns/net`], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`never came true: ${holds}`);
}
