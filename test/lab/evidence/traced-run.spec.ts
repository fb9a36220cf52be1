import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { TracedReset } from '../../../protocol/trace-events.ts';
import { wayToTracefs } from '../../../system/tracefs/way-in.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, scratch, startLab } from '../cli/lab.ts';
import { deadLabel, foreignLabel, inOtherNamespace } from '../runtimes/places.ts';

/** Those that run a lab, or two. */
const drawn = oneIn(2);

/** Fills an instance with small buffers. */
const FULL = join(import.meta.dirname, 'full-trace.ts');
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };
const LOAD = ['--runtime', 'netns', '--set', 'nofile=64', '--set', 'rounds=0'];

describe("the kernel's own word", function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();

  describe('where tracefs can be had', () => {
    let mounted = '';
    before(function () {
      mounted = tracefsMounts();
      const way = wayToTracefs();
      if (typeof way === 'string') skip(this, way);
    });

    drawn('one RST sent for each user reset, found by port; no instance is left', async () => {
      const runs = join(folder(), 'traced');
      const { child, ended } = startLab([
        'run',
        '--users',
        '100',
        '--no-fix',
        '--json',
        ...LOAD,
        '--runs',
        runs,
      ]);
      const { stdout, stderr } = await ended;
      const document = JSON.parse(stdout) as VerdictDocument;
      assert.equal(document.trace?.available, true, stderr);
      assert.equal(document.trace.lost, 0);
      const users = lines<UserLine>(runs, 'users');
      const reset = users.filter(({ outcome }) => outcome === 'reset');
      assert.ok(reset.length > 30, `${reset.length} reset`);
      const sent = lines<TracedReset>(runs, 'trace').filter(({ from }) => from === 'gateway');
      for (const { port, startedAt, endedMs = 0 } of reset) {
        const own = sent.filter((one) => one.port === port);
        assert.equal(own.length, 1, `port ${port}`);
        const [{ at = 0, reason } = {}] = own;
        assert.match(reason ?? '', /^TCP_(ABORT_ON_CLOSE|ABORT_ON_DATA|TIMEWAIT_SOCKET)$/);
        assert.ok(at > startedAt - 5 && at < startedAt + endedMs + 5, 'on the same clock');
      }
      // A user that was open to the end may meet one as it leaves.
      const strangers = named(runs).filter(
        ({ from, port }) => from === 'gateway' && !users.some((user) => user.port === port),
      );
      assert.deepEqual(strangers, [], 'and none of anybody else');
      const verdict = document.verdicts.find(({ cause }) => cause === 'fd-exhaustion');
      const told = verdict?.for.find(({ source }) => source.startsWith('tracefs'));
      assert.equal(told?.after, reset.length);
      assert.deepEqual(instancesOf(child.pid), []);
    });

    drawn('a full accept queue is named by the packet that it dropped', async () => {
      const runs = join(folder(), 'overflow');
      const args = ['run', 'accept-queue-reset', '--runtime', 'netns', '--no-fix', '--json', '--runs', runs];
      const { stdout, stderr } = await lab(args);
      const document = JSON.parse(stdout || '{}') as VerdictDocument;
      assert.ok(document.trace?.available, stderr);
      const reset = lines<UserLine>(runs, 'users').filter(({ outcome }) => outcome === 'reset');
      assert.ok(reset.length > 0);
      const overflow = named(runs).filter(({ drop }) => drop === 'TCP_LISTEN_OVERFLOW');
      assert.deepEqual(ports(overflow), ports(reset));
    });

    drawn('two labs at once, at the same port: each has its own', async () => {
      const all = ['one', 'two'].map(async (name) => {
        const runs = join(folder(), name);
        await lab(['run', '--users', '100', '--no-fix', '--json', ...LOAD, '--runs', runs]);
        const reset = lines<UserLine>(runs, 'users').filter(({ outcome }) => outcome === 'reset');
        assert.ok(reset.length > 30, `${reset.length} reset`);
        const sent = named(runs).filter(({ from }) => from === 'gateway');
        assert.deepEqual(ports(sent), ports(reset));
      });
      await Promise.all(all);
    });

    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      drawn(`${signal} in the middle: the instance goes`, async () => {
        const held = ['--users', '60', ...LOAD, '--set', 'hold_ms=60000', '--runs', join(folder(), signal)];
        const { child, ended } = startLab(['run', '--no-fix', ...held], { env: NO_ENGINE });
        try {
          await until(() => instancesOf(child.pid).length === 1);
        } finally {
          child.kill(signal);
        }
        await ended;
        await until(() => instancesOf(child.pid).length === 0);
      });
    }

    it('what finds no room is counted, and the instance goes', () => {
      const name = newLabel();
      const command = '"$2" "$3" "$(dirname "$1")" "$(basename "$1")"';
      const { read, lost } = JSON.parse(inTracefs(command, name, FULL));
      assert.ok(read > 0 && lost > 0, `${read} read, ${lost} lost`);
      assert.ok(read + lost >= 1000, `${read} read, ${lost} lost, of one or more for each of 1000 RST`);
      assert.ok(!instances().includes(name));
    });

    it('lab clean removes those of a dead lab, and no others', async () => {
      const [dead, live, foreign] = [deadLabel(), newLabel(), foreignLabel()];
      const all = [dead, live, foreign, `like.${dead}`];
      for (const name of all) inTracefs('mkdir "$1"', name);
      try {
        const { stdout, stderr, code } = await lab(['clean', '--json'], { env: NO_ENGINE });
        assert.equal(code, 0, stderr);
        const { traces, left } = JSON.parse(stdout);
        assert.ok(traces.includes(dead), stdout);
        assert.ok(!traces.includes(live) && !left.traces.includes(live), stdout);
        assert.ok(!traces.includes(foreign) && left.traces.includes(foreign), stdout);
        assert.deepEqual(
          instances()
            .filter((name) => all.includes(name))
            .sort(),
          [live, foreign, `like.${dead}`].sort(),
        );
      } finally {
        for (const name of all) inTracefs('[ ! -d "$1" ] || rmdir "$1"', name);
      }
    });

    it('lab clean in another pid namespace leaves those of a live lab', async function () {
      const prefix = inOtherNamespace(this);
      const live = newLabel();
      inTracefs('mkdir "$1"', live);
      try {
        const { stdout, stderr, code } = await lab(['clean', '--json'], { env: NO_ENGINE, prefix });
        assert.equal(code, 0, stderr);
        const { traces, left } = JSON.parse(stdout);
        assert.ok(!traces.includes(live) && left.traces.includes(live), stdout);
        assert.ok(instances().includes(live));
      } finally {
        inTracefs('[ ! -d "$1" ] || rmdir "$1"', live);
      }
    });

    drawn('its reader is killed: the run has its verdict, says so, and leaves no instance', async () => {
      const load = ['--users', '60', ...LOAD, '--set', 'hold_ms=3000', '--runs', join(folder(), 'blind')];
      const { child, ended } = startLab(['run', '--no-fix', '--json', ...load]);
      await until(() => instancesOf(child.pid).length === 1);
      const listing = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' });
      const reader = listing
        .split('\n')
        .find((line) => /trace\/trace-main\.ts/.test(line) && line.includes(`resetlab.${child.pid}.`));
      process.kill(Number.parseInt(reader ?? '', 10), 'SIGKILL');
      const document = JSON.parse((await ended).stdout) as VerdictDocument;
      assert.deepEqual([document.trace?.available, document.trace?.why], [false, 'its reader was ended']);
      assert.equal(document.verdicts.find(({ cause }) => cause === 'fd-exhaustion')?.verdict, 'confirmed');
      assert.deepEqual(instancesOf(child.pid), []);
    });

    it('this machine mounts what it mounted before', () => {
      assert.equal(tracefsMounts(), mounted);
    });
  });

  drawn('--trace off, or without root: the run has its verdict, and says why there is no trace', async () => {
    const run = ['run', '--users', '60', '--no-fix', '--json', ...LOAD];
    const off = await lab([...run, '--trace', 'off', '--runs', join(folder(), 'off')]);
    const verdict = ({ verdicts }: VerdictDocument) =>
      verdicts.find(({ cause }) => cause === 'fd-exhaustion')?.verdict;
    const silent = JSON.parse(off.stdout) as VerdictDocument;
    assert.deepEqual([silent.trace, verdict(silent)], [null, 'confirmed']);
    assert.ok(!readdirSync(join(folder(), 'off', 'latest')).includes('trace.ndjson'));
    if (process.getuid?.() !== 0) {
      const refused = JSON.parse(
        (await lab([...run, '--runs', join(folder(), 'refused')])).stdout,
      ) as VerdictDocument;
      assert.deepEqual([refused.trace?.available, refused.trace?.why], [false, 'only root may read tracefs']);
      assert.equal(verdict(refused), 'confirmed');
    }
  });
});

function lines<T>(runs: string, file: string): T[] {
  const text = readFileSync(join(runs, 'latest', `${file}.ndjson`), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
}

/** The resets that name a port. A listener's that names none may be that of another run on this machine, at the same port. */
const named = (runs: string) => lines<TracedReset>(runs, 'trace').filter(({ port }) => port !== undefined);

const ports = (all: readonly { port?: number }[]) => all.map(({ port }) => port).sort();

function tracefsMounts(): string {
  const all = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return all.filter((line) => line.includes(' - tracefs ')).join('\n');
}

/** A command of the shell where tracefs is mounted, with an instance's folder as $1. */
function inTracefs(command: string, name = '', module = ''): string {
  const root = '/sys/kernel/tracing';
  const script = `[ -d ${root}/instances ] || mount -t tracefs tracefs ${root} || exit 1; ${command}`;
  const { stdout, status, stderr } = spawnSync(
    'unshare',
    ['--mount', 'sh', '-c', script, 'sh', `${root}/instances/${name}`, process.execPath, module],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

const instances = () => inTracefs('ls "$1"').split('\n');

/** The instances of the lab with that pid. */
const instancesOf = (pid: number | undefined) =>
  instances().filter((name) => name.startsWith(`resetlab.${pid}.`));

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !holds(); ) {
    assert.ok(performance.now() < end, `not within 20 s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
