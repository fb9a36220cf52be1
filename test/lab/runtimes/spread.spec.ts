import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FleetPart } from '../../../lab/run/parts-document.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { checkCgroups, parentsFor } from '../../../lab/runtimes/cgroup/cgroups.ts';
import { parseProcesses } from '../../../lab/runtimes/clean-processes.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import { inPath } from '../../../system/tools.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, type Result, scratch, startLab } from '../cli/lab.ts';
import { NOBODY, whyNot } from './ordinary-user.ts';
import { small } from './stage.ts';

const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };
const given = (...items: string[]) => items.flatMap((item) => ['--set', item]);

/** The ports of two sources to each of two gateways are ten; fifty users want one. */
const FEW_PORTS = given('users=50', 'gateways=2', 'sources=2', 'ip_local_port_range=40000-40009', 'rounds=0');

function documentOf({ code, stdout, stderr }: Result): VerdictDocument {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as VerdictDocument;
}

const wordOf = ({ verdicts }: VerdictDocument, cause: string) => {
  const { verdict, explains } = verdicts.find((one) => one.cause === cause) ?? {};
  return `${verdict} ${explains}`;
};

const opened = ({ gateway, source, users }: FleetPart) => `${gateway}.${source}: ${users.open}`;

/** Each source has its ports for each gateway anew: 40 of 50 users have one. */
function assertFewPorts(document: VerdictDocument): void {
  const { users, threshold, parts } = document;
  assert.deepEqual([users.open, users.failed], [40, 10], JSON.stringify(users.by));
  assert.deepEqual([threshold.measured, threshold.predicted], [40, 40]);
  assert.deepEqual(parts?.fleets.map(opened), ['1.1: 10', '1.2: 10', '2.1: 10', '2.2: 10']);
  assert.equal(wordOf(document, 'ephemeral-ports'), 'confirmed 10');
  const told = document.verdicts.find(({ cause }) => cause === 'ephemeral-ports')?.for ?? [];
  assert.ok(
    told.some(({ says }) => says.includes('40000-40009 on 2 address(es)')),
    JSON.stringify(told),
  );
}

/** One of these alone in the quick form. */
const drawn = oneIn(3);

describe('several gateways and sources on netns', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();
  const run = (args: readonly string[], prefix?: string[]) =>
    lab(['run', '--runtime', 'netns', '--json', '--no-fix', '--runs', join(folder(), 'runs'), ...args], {
      env: { ...NO_ENGINE, HOME: '/tmp' },
      ...(prefix && { prefix }),
    });

  it('a source has its ports once for each gateway: 10 ports, two of each, 40 of 50 users', async () => {
    assertFewPorts(documentOf(await run(FEW_PORTS)));
  });

  it('as an ordinary user, in a user namespace of its own', async function () {
    const why = whyNot();
    if (why !== undefined) skip(this, why);
    mkdirSync(join(folder(), 'runs'), { recursive: true });
    chmodSync(folder(), 0o755);
    chmodSync(join(folder(), 'runs'), 0o1777);
    assertFewPorts(documentOf(await run(FEW_PORTS, NOBODY)));
  });

  it('each gateway has descriptors of its own: the sum is exact, and nobody fails while another has room', async () => {
    const document = documentOf(await run(given('users=150', 'gateways=3', 'nofile=64', 'rounds=0')));
    const { users, threshold, parts } = document;
    assert.equal(threshold.measured, threshold.predicted, JSON.stringify(users.by));
    assert.equal(threshold.measured, users.open);
    assert.ok(users.failed > 0);
    assert.equal(wordOf(document, 'fd-exhaustion'), `confirmed ${users.failed}`);
    assert.equal(parts?.gateways.length, 3);
    for (const gateway of parts.gateways) {
      assert.equal(gateway.users.asked, 50);
      assert.equal(gateway.users.open * 3, users.open);
      assert.deepEqual(
        [gateway.threshold.measured, gateway.threshold.predicted],
        [gateway.users.open, gateway.users.open],
      );
    }
    assert.match(threshold.law, /^sum over 3 gateways: nofile - /);
  });

  drawn('users have their bets acked by the gateway that they went to, each number once', async () => {
    const { bets, users, parts, path } = documentOf(
      await run(given('users=31', 'gateways=3', 'sources=2', 'rounds=2')),
    );
    assert.deepEqual(users.open, 31);
    assert.deepEqual([bets.placed, bets.acked, bets.recorded], [62, 62, 62]);
    assert.deepEqual([bets.lost, bets.doubled], [0, 0]);
    assert.deepEqual(
      parts?.gateways.map(({ bets }) => bets.recorded),
      [20, 20, 22],
    );
    const ids = usersIn(path).map(({ id }) => id);
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      Array.from(ids.keys()),
    );
  });

  drawn('link_delay_ms holds the handshake back on every link', async function () {
    await netns.check(small('link_delay_ms=1')).catch((error: Error) => skip(this, error.message));
    const { users, settings, path } = documentOf(
      await run(given('users=12', 'gateways=2', 'sources=2', 'link_delay_ms=40', 'rounds=0')),
    );
    assert.equal(users.open, 12);
    assert.equal(settings.link_delay_ms, 40);
    for (const { id, openMs = 0 } of usersIn(path)) assert.ok(openMs > 40, `${id} open after ${openMs} ms`);
  });

  drawn('packet_filter: each gateway has one, which lets as many through', async function () {
    if (!inPath('nft')) skip(this, 'nft is not installed; get it with: apt-get install nftables');
    const filter = ['packet_filter=reject', 'filter_beyond=4', 'ramp=300ms'];
    const document = documentOf(
      await run(given('users=15', 'gateways=2', 'sources=2', 'rounds=0', ...filter)),
    );
    const { users, parts } = document;
    assert.deepEqual([users.open, users.failed], [8, 7]);
    assert.deepEqual(
      parts?.gateways.map((gateway) => gateway.users.open),
      [4, 4],
    );
    assert.equal(wordOf(document, 'packet-filter'), 'confirmed 7');
  });

  describe('in the middle', () => {
    const held = (...items: string[]) => {
      const more = given('users=120', 'gateways=2', 'sources=2', 'nofile=64', 'rounds=0', 'hold_ms=60000');
      const runs = join(folder(), 'held');
      return startLab(['run', '--runtime', 'netns', '--json', ...more, ...given(...items), '--runs', runs], {
        env: NO_ENGINE,
      });
    };

    it('a namespace for each gateway and source, and none of them is left by kill -9', async () => {
      const { child, ended } = held();
      const pid = child.pid as number;
      let namespaces = new Set<string>();
      try {
        await until(() => inTheMiddle(pid));
        namespaces = new Set(partsOf(pid).map(namespaceOf));
        namespaces.delete(namespaceOf(process.pid));
        assert.equal(namespaces.size, 4);
      } finally {
        child.kill('SIGKILL');
      }
      await ended;
      await until(() => partsOf(pid).length === 0);
      await until(() => nobodyIsIn(namespaces));
    });

    drawn('Ctrl-C: 130, the folder says incomplete, and nothing is left', async () => {
      const { child, ended } = held();
      const pid = child.pid as number;
      try {
        await until(() => inTheMiddle(pid));
        const namespaces = new Set(partsOf(pid).map(namespaceOf));
        namespaces.delete(namespaceOf(process.pid));
        child.kill('SIGINT');
        const { code, stdout, stderr } = await ended;
        assert.equal(code, 130, stderr);
        const document = JSON.parse(stdout) as VerdictDocument;
        assert.equal(document.complete, false);
        assert.equal(document.users.asked, 120);
        const made = realpathSync(join(folder(), 'held', 'latest'));
        assert.deepEqual(JSON.parse(readFileSync(join(made, 'verdict.json'), 'utf8')), document);
        assert.ok(existsSync(join(made, 'report.html')));
        assert.deepEqual(partsOf(pid), []);
        await until(() => nobodyIsIn(namespaces));
      } finally {
        child.kill('SIGKILL');
      }
    });

    drawn(
      'each gateway has a cgroup of its own; who kills the lab leaves them, and `clean` removes them',
      async function () {
        await checkCgroups(small('cpus=0.5')).catch((error: Error) => skip(this, error.message));
        const { child, ended } = held('cpus=0.5');
        const pid = child.pid as number;
        try {
          await until(() => inTheMiddle(pid));
          const gateways = partsOf(pid).filter((part) => argvOf(part).includes('gateway/main.ts'));
          const own = gateways.map((part) => /^.*\bcpu\b.*$|^0::.*$/m.exec(cgroupsOf(part))?.[0]);
          assert.equal(new Set(own).size, 2, String(own));
          assert.equal(cgroupsNamedAfter(pid).length, 2);
        } finally {
          child.kill('SIGKILL');
        }
        await ended;
        await until(() => partsOf(pid).length === 0);
        assert.equal((await lab(['clean'], { env: NO_ENGINE })).code, 0);
        assert.deepEqual(cgroupsNamedAfter(pid), []);
      },
    );

    drawn('Ctrl-C leaves no cgroup', async function () {
      await checkCgroups(small('cpus=0.5')).catch((error: Error) => skip(this, error.message));
      const { child, ended } = held('cpus=0.5');
      const pid = child.pid as number;
      try {
        await until(() => inTheMiddle(pid));
        child.kill('SIGINT');
        assert.equal((await ended).code, 130);
        assert.deepEqual(cgroupsNamedAfter(pid), []);
      } finally {
        child.kill('SIGKILL');
      }
    });
  });
});

function usersIn(path: string | null): UserLine[] {
  const text = readFileSync(join(path as string, 'users.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as UserLine);
}

/** Pids that carry the label of the lab with that pid. */
function partsOf(pid: number): number[] {
  const listing = execFileSync('ps', ['-axww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return parseProcesses(listing).flatMap(({ pid: part, label }) =>
    label.startsWith(`resetlab.${pid}.`) ? [part] : [],
  );
}

/** Do all four fleets run? */
function inTheMiddle(pid: number): boolean {
  return partsOf(pid).filter((part) => argvOf(part).includes('robots/main.ts')).length >= 4;
}

const argvOf = (pid: number) => textOf(pid, 'cmdline').replaceAll('\0', ' ');
const cgroupsOf = (pid: number) => textOf(pid, 'cgroup');

function textOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}

function nobodyIsIn(namespaces: ReadonlySet<string>): boolean {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return !pids.some((pid) => namespaces.has(namespaceOf(Number(pid))));
}

function cgroupsNamedAfter(pid: number): string[] {
  const found = parentsFor(['cpu']);
  assert.ok(typeof found !== 'string', String(found));
  return found.flatMap(({ folder }) =>
    readdirSync(folder).filter((name) => name.startsWith(`resetlab.${pid}.`)),
  );
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !holds(); ) {
    assert.ok(performance.now() < end, `never came true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
