import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ASSUMED_PACE } from '../../../lab/compare/assumptions.ts';
import type { Column, Difference, System } from '../../../lab/compare/comparison-document.ts';
import { compareText, gridCell, headingOf } from '../../../lab/compare/comparison-table.ts';
import { differencesOf } from '../../../lab/compare/differences.ts';
import { least, most } from '../../../lab/compare/number-or-range.ts';
import { together } from '../../../lab/compare/outcome-summary.ts';
import { predictedColumn } from '../../../lab/compare/predicted.ts';
import { compareHtml } from '../../../lab/report/pages.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { WHOLE } from '../../whole.ts';
import { columnSchema } from './schema.ts';

const column = (os: System, ...settings: string[]) =>
  predictedColumn(os, os, resolveSettings([fromFlags(settings)]), ASSUMED_PACE);

function pair(...settings: string[]): { linux: Column; macos: Column; differences: Difference[] } {
  const [linux, macos] = [column('linux', ...settings), column('macos', ...settings)];
  return { linux, macos, differences: differencesOf(linux, macos) };
}

const named = (differences: readonly Difference[]) => differences.map(({ what }) => what);
const EVICTION = 'eviction of half-open connections';
const RESET = 'a user that finds the queue full is reset on macOS, and waits on Linux';
const GIVE_UP = 'when connect(2) gives up';
const EMFILE = 'accept(2) without a descriptor';
const QUEUE = 'what the listen queue holds';
const AGAIN = 'when a SYN is sent again, s';

describe('compare: predicted columns', function () {
  this.timeout(90_000);

  it('are never called measured, whatever is asked for, and keep to the schema', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<System>('linux', 'macos'),
        fc.record({
          nofile: fc.integer({ min: 25, max: 600 }),
          backlog: fc.integer({ min: 1, max: 600 }),
          somaxconn: fc.integer({ min: 1, max: 600 }),
          users: fc.integer({ min: 1, max: 400 }),
          ramp: fc.constantFrom('0', '300ms', '2s'),
          connect_timeout_ms: fc.integer({ min: 100, max: 20_000 }),
          crash_at_users: fc.integer({ min: 0, max: 3 }),
        }),
        (os, settings) => {
          const made = column(os, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`));
          assert.equal(made.source, 'predicted');
          columnSchema.parse(made);
          assert.doesNotMatch(JSON.stringify(made), /measured/i);
          assert.doesNotMatch(headingOf(made) + gridCell(made), /measured/i);
          const { open, failed, by, asked } = made.users;
          assert.ok(least(open) + most(failed) === asked && most(open) + least(failed) === asked);
          assert.ok(by.every(({ count }) => least(count) >= 0 && most(count) <= asked && most(count) > 0));
        },
      ),
      { numRuns: WHOLE ? 40 : 10 },
    );
  });

  it('count from 0 what not all of the simulations show', () => {
    const seen = (errno: string, count: number) => {
      const by = [{ outcome: 'reset' as const, stage: 'upgrade' as const, errno, count }];
      return { by, open: 0, failed: count, causes: {}, times: [], waited: 0, counters: {} };
    };
    const { users } = together([seen('ECONNRESET', 5), seen('ECONNRESET', 7), seen('EPIPE', 6)]);
    assert.deepEqual(
      users.by.map(({ errno, count }) => [errno, count]),
      [
        ['ECONNRESET', { from: 0, to: 7 }],
        ['EPIPE', { from: 0, to: 6 }],
      ],
    );
  });

  it('carry their label into differences, table and page', () => {
    const { linux, macos, differences } = pair('users=600', 'nofile=256');
    const run: Column = { ...linux, source: 'measured', path: '/run' };
    for (const { left, right } of differencesOf(run, macos)) {
      assert.doesNotMatch(left, /predicted/);
      assert.match(right, /\(predicted\)$/);
    }
    assert.ok(differences.length > 0);
    const document = {
      ...({ schema: 1, complete: true, host: { os: '', kernel: '', node: '' }, seed: 1 } as const),
      ...{ columns: [run, macos], differences: differencesOf(run, macos), grid: null, path: null },
    };
    assert.match(compareText(document), /linux: MEASURED.*\n.*macos: PREDICTED/);
    const page = compareHtml(document);
    assert.match(page, /<i class="predicted">[^<]* of 600 open/);
    assert.equal(page.match(/<h1>(.*)<\/h1>/)?.[1], 'linux: MEASURED against macos: PREDICTED');
  });

  it('a burst: ranges over what nobody has measured, with the figure that would end it; one user alone: none', () => {
    const { macos } = pair('users=1000');
    assert.ok(typeof macos.users.open === 'object', 'a range');
    assert.ok(
      macos.notes.some((note) => /^the loopback's thread \(assumed\): .*`npm run mac` prints it/.test(note)),
    );
    assert.ok(
      macos.notes.some((note) => /^users open: at that pace itself: .*; and 16 SYNs at once: \d/.test(note)),
    );
    assert.match(macos.from, /held to what XNU’s own TCP code did in user space.*not run on macOS/);
    assert.equal(pair('users=1').macos.users.open, 1);
  });

  it('the range holds what one SYN at a time and all together would give, unless the pace is another', () => {
    const { users, notes } = pair('users=1500').macos;
    const opened = [...(notes.find((note) => note.startsWith('users open'))?.matchAll(/: (\d+)/g) ?? [])];
    assert.ok(opened.length >= 4);
    for (const [, open] of opened)
      assert.ok(Number(open) >= least(users.open) && Number(open) <= most(users.open), `${open}`);
  });

  it('SYNs at once as a Mac told them: a narrower range, and a note that says so', () => {
    const asked = resolveSettings([fromFlags(['users=1000'])]);
    const told = predictedColumn('macos', 'macos', asked, ASSUMED_PACE, 4);
    assert.ok(told.notes.some((note) => note.includes('handles 4 SYNs at once, as given')));
    const width = ({ users: { open } }: Column) => most(open) - least(open);
    assert.ok(width(told) < width(column('macos', 'users=1000')));
  });

  it('who is reset before it has looked, or before it has written, is told so by another call', () => {
    const { macos, differences } = pair('users=1000', 'nofile=4096');
    const seen = macos.users.by.filter(({ outcome }) => outcome === 'reset');
    assert.deepEqual(seen.map(({ stage, errno }) => `${stage} ${errno}`).sort(), [
      'connect ECONNRESET',
      'upgrade ECONNRESET',
      'upgrade EPIPE',
    ]);
    assert.ok(named(differences).includes('RST before the client has written'));
  });

  it('macOS keeps its somaxconn of 128 unless another is asked for', () => {
    const somaxconn = (setting: string) => column('macos', setting, 'users=10').settings.somaxconn;
    assert.equal(somaxconn('backlog=4096'), 128);
    assert.equal(somaxconn('somaxconn=1024'), 1024);
  });

  it('more users than ports on macOS: the rest has none', () => {
    const { users } = column('macos', 'users=16400', 'ramp=60s', 'nofile=20000');
    assert.deepEqual(
      users.by.find(({ outcome }) => outcome === 'no-port'),
      { outcome: 'no-port', stage: 'connect', errno: 'EADDRNOTAVAIL', count: 16 },
    );
  });

  it('what the model leaves out is named', () => {
    const { linux, macos } = pair('users=10', 'crash_at_users=5', 'tcp_abort_on_overflow=1');
    assert.ok(linux.notes.includes('crash_at_users 5: not in the model'));
    assert.ok(macos.notes.includes('tcp_abort_on_overflow 1: macOS has no such sysctl'));
    assert.ok(!linux.notes.some((note) => note.startsWith('tcp_abort_on_overflow')));
  });

  describe('differences', () => {
    it('a burst over a queue of 128: reset for waiting, eviction, capacity', () => {
      const { differences } = pair('users=1000', 'nofile=4096');
      const names = named(differences);
      for (const what of [RESET, EVICTION, QUEUE]) assert.ok(names.includes(what), what);
      assert.ok(
        !names.includes(EMFILE) && !names.includes(GIVE_UP) && !names.includes('descriptors of the server'),
      );
      const queue = differences.find(({ what }) => what === QUEUE);
      assert.deepEqual(
        [queue?.left, queue?.right],
        [
          '512 complete, and 512 half-open in a second queue (predicted)',
          '128, half-open and complete together (predicted)',
        ],
      );
    });

    it('users who come slowly: nobody is evicted, and that is not named', () => {
      const names = named(pair('users=100', 'ramp=5s', 'nofile=4096').differences);
      assert.ok(!names.includes(EVICTION) && !names.includes(RESET) && !names.includes(AGAIN));
    });

    it('no descriptor: EMFILE, only where users had none', () => {
      assert.ok(named(pair('users=100', 'ramp=5s', 'nofile=64').differences).includes(EMFILE));
      assert.ok(!named(pair('users=100', 'ramp=5s', 'nofile=512').differences).includes(EMFILE));
    });

    it('75 s against 131 s: only where users are so patient', () => {
      const stuck = ['users=300', 'backlog=8', 'stop_ms=200000'];
      const patient = pair(...stuck, 'connect_timeout_ms=150000').differences.find(
        ({ what }) => what === GIVE_UP,
      );
      assert.deepEqual(
        [patient?.left, patient?.right],
        ['after 131 s (predicted)', 'after 75 s (predicted)'],
      );
      assert.ok(!named(pair(...stuck, 'connect_timeout_ms=9000').differences).includes(GIVE_UP));
    });

    it('SYN timers: the same since Linux 6.5, otherwise without linear time-outs', () => {
      const { linux, macos, differences } = pair('users=1000', 'backlog=8', 'stop_ms=3000');
      assert.ok(!named(differences).includes(AGAIN));
      const old: Column = { ...linux, settings: { ...linux.settings, tcp_syn_linear_timeouts: 0 } };
      const again = differencesOf(old, macos).find(({ what }) => what === AGAIN);
      assert.deepEqual(
        [again?.left, again?.right],
        ['1, 3, 7 (predicted)', '1, 2, 3, 4, 5, 7, 11 (predicted)'],
      );
    });

    it('the backlog: named where somaxconn cuts one of them, not where it cuts both alike', () => {
      const what = 'the backlog passed to listen(2), and the limit that the kernel makes of it';
      const cut = pair('users=10', 'backlog=511').differences.find((difference) => difference.what === what);
      assert.equal(cut?.right, '511 → 128 (somaxconn 128) (predicted)');
      assert.ok(!named(pair('users=10', 'backlog=64').differences).includes(what));
    });

    it('come in the order of the columns, and all with a source', () => {
      const { linux, macos, differences } = pair('users=1000');
      const turned = differencesOf(macos, linux);
      assert.deepEqual(
        turned.map(({ what, left, right }) => [what, right, left]),
        differences.map(({ what, left, right }) => [what, left, right]),
      );
      assert.ok(differences.every(({ sources, why }) => sources.length > 0 && why.length > 0));
    });

    it('between equal columns: none', () => {
      const { linux } = pair('users=50');
      assert.deepEqual(differencesOf(linux, { ...linux, name: 'again' }), []);
    });
  });
});
