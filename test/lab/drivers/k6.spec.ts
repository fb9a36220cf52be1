import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { UsageError } from '../../../common/errors.ts';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { parseK6Line, Translation } from '../../../lab/drivers/k6/translate.ts';
import { k6 } from '../../../lab/drivers/k6-driver.ts';
import { pickDriver, splitArguments } from '../../../lab/drivers/pick-driver.ts';
import { LOCAL_RUNTIMES } from '../../../lab/runtimes/runtime.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { type FleetLine, type FleetSelf, OUTCOMES, type UserLine } from '../../../protocol/fleet-events.ts';
import { SETTINGS, type Setting } from '../../../protocol/settings.ts';
import type { K6Line, K6User } from '../../../robots/k6/lines.ts';
import { findK6 } from '../../../system/k6-binary.ts';
import { K6_IMAGE, K6_VERSION } from '../../../system/k6-version.ts';

const SELF: FleetSelf = { processes: 1, nofile: 1024, ports: { first: 32_768, last: 60_999, addresses: 1 } };

const count = fc.nat({ max: 1000 });
/** As JSON gives them back. */
const PLAIN = { noNullPrototype: true } as const;
const outcome = fc.constantFrom(...OUTCOMES);

function userOf(id: number): fc.Arbitrary<K6User> {
  const bets = fc.record({ placed: count, acked: count, rejected: count }, PLAIN);
  return fc.record({ outcome, bets, startedAt: fc.integer({ min: 1, max: 2 ** 40 }) }, PLAIN).map((told) => ({
    k6: 'user',
    id,
    stage: told.outcome === 'open' ? 'open' : 'upgrade',
    ...told,
  }));
}

/** Users 0 to n − 1, in any order, with lines of other kinds between them. */
const crowd = fc.integer({ min: 1, max: 30 }).chain((n) => {
  const users = fc.tuple(...Array.from({ length: n }, (_, id) => userOf(id)));
  return users.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));
});

function feed(translation: Translation, lines: readonly K6Line[]): FleetLine[] {
  return [...lines.flatMap((line) => translation.take(line)), ...translation.finish(9, SELF)];
}

const usersOf = (lines: readonly FleetLine[]) =>
  lines.filter((line): line is UserLine => line.event === 'user');

describe('driver k6: what the scripts say, as the lines of a fleet', () => {
  it('refuses machines that are apart before anything is built, and no other runtime', () => {
    const driver = k6();
    assert.throws(() => driver.refuse?.('swarm'), {
      name: 'UsageError',
      message: '--driver k6: it runs on one machine; allowed with --runtime swarm: robots',
    });
    for (const runtime of LOCAL_RUNTIMES) driver.refuse?.(runtime);
  });

  it('reads back every line that was written, and nothing else', () => {
    fc.assert(
      fc.property(crowd, (users) => {
        for (const user of users) assert.deepEqual(parseK6Line(JSON.stringify(user)), user);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => assert.equal(parseK6Line(text), undefined)));
  });

  it('refuses a line of ours that was cut off or changed, and does not throw', () => {
    fc.assert(
      fc.property(crowd, fc.nat(), (users, at) => {
        const text = JSON.stringify(users[0]);
        assert.equal(parseK6Line(text.slice(0, at % text.length)), undefined);
      }),
    );
    const changes = fc.oneof(fc.constant(undefined), fc.constant(null), fc.string(), fc.object());
    const user = { k6: 'user', id: 1, outcome: 'open', stage: 'open', startedAt: 1, bets: null };
    const bets = { placed: 0, acked: 0, rejected: 0 };
    fc.assert(
      fc.property(fc.constantFrom('id', 'outcome', 'stage', 'startedAt', 'bets'), changes, (name, value) => {
        if (name === 'outcome' || name === 'stage') fc.pre(value !== 'open');
        const line = JSON.stringify({ ...user, bets, [name]: value });
        assert.equal(parseK6Line(line), undefined, line);
      }),
    );
  });

  it('gives one line a user, and totals that are their sums', () => {
    fc.assert(
      fc.property(crowd, (users) => {
        const lines = feed(new Translation(users.length, 1000), [...users, ...users]);
        const told = usersOf(lines);
        assert.deepEqual(
          told.map(({ id }) => id).sort((a, b) => a - b),
          users.map((_, id) => id),
        );
        const done = lines.at(-1);
        assert.ok(done?.event === 'done');
        assert.equal(done.open, users.filter((user) => user.outcome === 'open').length);
        assert.equal(done.open + done.failed, users.length);
        assert.equal(
          done.bets.acked,
          users.reduce((sum, { bets }) => sum + bets.acked, 0),
        );
        assert.equal(done.interrupted, undefined);
        for (const user of told) assert.equal(user.errno ?? user.syscall ?? user.connectedMs, undefined);
      }),
    );
  });

  it('calls users that it was not told of `other`, and the load interrupted', () => {
    fc.assert(
      fc.property(crowd, fc.nat(), (users, cut) => {
        const told = users.slice(0, cut % users.length);
        const lines = feed(new Translation(users.length, 1000), told);
        assert.equal(usersOf(lines).length, users.length);
        const done = lines.at(-1);
        assert.ok(done?.event === 'done' && done.interrupted);
        assert.equal(done.open, told.filter((user) => user.outcome === 'open').length);
      }),
    );
  });

  it('is settled and done with the last VU, and betting with the first', () => {
    const translation = new Translation(2, 1000);
    const phases = ['load', 'settled', 'betting', 'done'] as const;
    const said = phases.flatMap((phase, i) =>
      [0, 1].flatMap((vu) => {
        const line = { k6: 'phase', vu, vus: 2, phase, at: 10 * i + vu } as const;
        return [...translation.take(line), ...translation.take(line)];
      }),
    );
    assert.deepEqual(
      said.map((line) => (line.event === 'phase' ? `${line.phase} ${line.at}` : '')),
      ['load 0', 'settled 11', 'betting 20', 'done 31'],
    );
  });

  it('adds the counts of all VUs, each by its newest line', () => {
    const translation = new Translation(10, 1000);
    const counts = { started: 3, open: 2, failed: 1, placed: 2, acked: 1 };
    translation.take({ k6: 'count', vu: 0, at: 1, ...counts, open: 0 });
    translation.take({ k6: 'count', vu: 0, at: 2, ...counts });
    translation.take({ k6: 'count', vu: 1, at: 2, ...counts });
    const { asked, started, open, failed, bets } = translation.progress(3, SELF);
    assert.deepEqual(
      { asked, started, open, failed, bets },
      { asked: 10, started: 6, open: 4, failed: 2, bets: { placed: 4, acked: 2 } },
    );
  });

  it("puts the server's own words as the robots do", () => {
    const user: K6User = {
      k6: 'user',
      id: 0,
      outcome: 'closed',
      stage: 'open',
      code: 4009,
      said: `kärn\n\u001b[1m${'x'.repeat(200)}`,
      startedAt: 1,
      bets: { placed: 0, acked: 0, rejected: 0 },
    };
    const [line] = usersOf(new Translation(1, 1000).take(user));
    assert.equal(line?.said, `k\\xc3\\xa4rn\\n\\x1b[1m${'x'.repeat(120 - 10)}`);
  });

  it('knows no stage of a user that timed out, for k6 does not', () => {
    const user: K6User = {
      k6: 'user',
      id: 0,
      outcome: 'timeout',
      stage: 'connect',
      startedAt: 1,
      bets: { placed: 0, acked: 0, rejected: 0 },
    };
    assert.equal(usersOf(new Translation(1, 1000).take(user))[0]?.stageUnknown, true);
  });
});

describe('driver k6: what it takes', () => {
  it('refuses a stopped gateway, by the name of the setting', () => {
    const settings = resolveSettings([fromFlags(['stop_ms=100'])], {});
    assert.throws(
      () => k6().check(settings, true),
      (error) => error instanceof UsageError && /stop_ms=100: k6 does not report/.test(error.message),
    );
    k6().check(resolveSettings([], {}), true);
  });

  it('refuses TLS, which its script does not speak', () => {
    assert.throws(
      () => k6().check(resolveSettings([fromFlags(['tls=rsa-2048'])], {}), true),
      (error) =>
        error instanceof UsageError &&
        error.message ===
          '--set: tls=rsa-2048: our script for k6 speaks no TLS; allowed with --driver k6: off',
    );
  });

  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
    if (!setting.side || !setting.parts?.includes('robots') || setting.parts.includes('k6')) continue;
    it(`refuses ${name}, which only our own robots take`, () => {
      const other = setting.kind === 'choice' ? setting.values.at(-1) : 77;
      assert.throws(
        () => k6().check(resolveSettings([fromFlags([`${name}=${other}`])], {}), true),
        (error) => error instanceof UsageError && error.message.startsWith(`--set: ${name}=${other}: `),
      );
    });
  }

  it('gives k6 what stands after --, and nobody else', () => {
    const { own, passed } = splitArguments(['node', 'lab', 'run', '--', '--out', 'json=x', '--']);
    assert.deepEqual(
      [own, passed],
      [
        ['node', 'lab', 'run'],
        ['--out', 'json=x', '--'],
      ],
    );
    assert.equal(pickDriver('k6', passed).name, 'k6');
    assert.throws(
      () => pickDriver('robots', passed),
      /-- --out json=x --: the driver robots takes no arguments/,
    );
    assert.throws(() => pickDriver('k7'), /--driver k7: allowed: robots, k6/);
  });

  it('does not take for k6 what is not', () => {
    const found = findK6({ K6: process.execPath });
    assert.ok('reason' in found && found.reason.startsWith(`K6=${process.execPath} is no k6`));
    const nowhere = findK6({ PATH: '', XDG_CACHE_HOME: '/nowhere' });
    assert.ok('reason' in nowhere && /npm run k6/.test(nowhere.reason));
  });

  it('names one version, in the module file, the Dockerfile and the code', () => {
    const text = (file: string) => readFileSync(join(PROJECT_ROOT, file), 'utf8');
    assert.equal(
      /^\s*(?:require )?go\.k6\.io\/k6\/v2 v(\S+)/m.exec(text('tools/k6/go.mod'))?.[1],
      K6_VERSION,
    );
    assert.equal(/^ARG K6=(\S+)$/m.exec(text('Dockerfile'))?.[1], K6_IMAGE);
  });
});
