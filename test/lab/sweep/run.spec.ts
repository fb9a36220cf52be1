import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { SweepDocument } from '../../../lab/sweep/sweep-document.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { FIRST_GATEWAY_BREAKS, lab, preloaded, scratch, startLab } from '../cli/lab.ts';

/** Those that run cells. */
const drawn = oneIn(2);
/** Each is one line. */
const refused = oneIn(3);

/** Two cells: room for everybody, and not. */
const TWO = `name: two
base: {rounds: 0, connect_timeout_ms: 5000}
matrix: {nofile: [64, 128], users: [60]}
expect: {open: <= predicted}
`;

describe('lab sweep', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);
  const folder = scratch();

  let number = 0;
  /** A folder for runs and a file in it, new for each test. */
  const place = (text: string) => {
    number += 1;
    const runs = join(folder(), `${number}`);
    mkdirSync(runs);
    const file = join(runs, 'two.yaml');
    writeFileSync(file, text);
    return { file, runs, args: ['sweep', file, '--runtime', 'netns', '--runs', runs] };
  };
  const sweepOf = (runs: string) => {
    const [name = '', ...more] = readdirSync(runs).filter((entry) => entry.includes('-sweep-'));
    assert.deepEqual(more, [], 'one sweep');
    return join(runs, name);
  };
  const read = (path: string): SweepDocument => JSON.parse(readFileSync(join(path, 'sweep.json'), 'utf8'));
  const ran = (stderr: string) => stderr.match(/^sweep: cell \d+ of \d+/gm)?.length ?? 0;

  drawn('smoke.yaml: four cells as expected, every file written, --json alone on stdout', async () => {
    const runs = join(folder(), 'smoke');
    const junit = join(folder(), 'junit.xml');
    const file = join(PROJECT_ROOT, 'lab/sweeps/smoke.yaml');
    const result = await lab([
      'sweep',
      file,
      '--runtime',
      'netns',
      '--runs',
      runs,
      '--json',
      '--junit',
      junit,
    ]);
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /^\{.*\}\n$/);
    const document: SweepDocument = JSON.parse(result.stdout);
    assert.equal(document.complete, true);
    assert.deepEqual(
      document.cells.map(({ varies }) => varies),
      [64, 128].flatMap((nofile) => [30, 60].map((users) => ({ nofile, users }))),
    );
    for (const { users, settings, varies, verdict, expected } of document.cells) {
      assert.equal(settings.nofile, varies.nofile);
      assert.equal(users.asked, varies.users);
      // The limit, or everybody.
      assert.equal(users.open, Math.min(users.asked, verdict?.threshold.predicted ?? 0));
      assert.equal(expected?.met, true, expected?.says);
    }
    assert.deepEqual(
      document.cells.map(({ users }) => users.failed > 0),
      [false, true, false, false],
    );
    const made = sweepOf(runs);
    for (const name of ['manifest.json', 'sweep.csv', 'sweep.junit.xml', 'report.html'])
      assert.ok(existsSync(join(made, name)), name);
    assert.deepEqual(read(made), document);
    assert.equal(readFileSync(join(made, 'sweep.junit.xml'), 'utf8'), readFileSync(junit, 'utf8'));
    assert.match(result.stderr, /cell 4 of 4: nofile 128, users 60, runtime netns; about [\d.]+ m?s left/);
  });

  drawn('an expectation that is not met: exit 1, and the table says what was instead', async () => {
    const { args } = place(TWO.replace('<= predicted', '60').replace('[64, 128]', '[64]'));
    const { code, stdout } = await lab(args);
    assert.equal(code, 1);
    assert.match(stdout, /NOT as expected: open = 60 \(it is \d+\)/);
  });

  drawn('--resume: what has run is not run again, what changed is, --csv alone on stdout', async () => {
    const { file, runs, args } = place(TWO);
    const first = await lab(args);
    assert.equal(first.code, 0, first.stderr);
    const before = read(sweepOf(runs));

    const again = await lab([...args, '--resume']);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(ran(again.stderr), 0);
    assert.deepEqual(read(sweepOf(runs)).cells, before.cells);

    writeFileSync(file, TWO.replace('[64, 128]', '[64, 70, 128]').replace('<= predicted', '">= 1"'));
    const more = await lab([...args, '--resume', sweepOf(runs), '--csv']);
    assert.equal(more.code, 0, more.stderr);
    assert.equal(ran(more.stderr), 1);
    assert.match(more.stderr, /cell 2 of 3: nofile 70/);
    assert.match(more.stdout, /^cell,asked_nofile,asked_users,runtime,.*\r\n(?:"nofile=.*\r\n){3}$/);
    assert.equal(read(sweepOf(runs)).cells[0]?.expected?.says, 'open >= 1');

    writeFileSync(file, TWO.replace('rounds: 0', 'rounds: 0, seed: 5'));
    const changed = await lab([...args, '--resume']);
    assert.equal(ran(changed.stderr), 2, changed.stderr);
  });

  drawn('a cell that was cut off is run again', async () => {
    const { runs, args } = place(TWO.replace('[64, 128]', '[64]'));
    await lab(args);
    const cells = join(sweepOf(runs), 'cells');
    const [cell = ''] = readdirSync(cells).filter((name) => name !== 'latest');
    const path = join(cells, cell, 'verdict.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 200));
    const { code, stderr } = await lab([...args, '--resume']);
    assert.equal(code, 0, stderr);
    assert.equal(ran(stderr), 1);
  });

  drawn('Ctrl-C: exit 130, finished cells are kept, and it says how to go on', async () => {
    const { runs, args } = place(TWO.replace('matrix:', 'repeat: 20\nmatrix:'));
    const { child, ended, result } = startLab(args);
    const second = async () => {
      while (!result.stderr.includes('cell 2 of 40'))
        await once(child.stderr as NodeJS.ReadableStream, 'data');
    };
    await Promise.race([second(), ended]);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    assert.equal(code, 130);
    const document = read(sweepOf(runs));
    assert.equal(document.complete, false);
    assert.ok(document.cells.length >= 1 && document.cells.length < 40);
    assert.ok(document.cells.every(({ verdict }) => verdict?.complete));
    // It is said for a shell, as seen from where the lab was started.
    const line = / -- (sweep .* --runtime netns --resume .*)\n$/.exec(stderr)?.[1] ?? '';
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
    assert.equal(words.length, 6, stderr);
    assert.equal(resolve(tmpdir(), words[5] as string), sweepOf(runs), stderr);
  });

  drawn(
    'a fault of ours in one cell: the others run, the cell says what, and the sweep ends with 70 and the stack',
    async () => {
      const { args } = place(TWO);
      const { code, stdout, stderr } = await lab([...args, '--json'], {
        env: preloaded(FIRST_GATEWAY_BREAKS),
      });
      assert.equal(code, 70, stderr);
      const { cells, complete }: SweepDocument = JSON.parse(stdout);
      assert.equal(complete, true);
      assert.deepEqual(
        cells.map(({ error }) => error),
        ['broken on purpose', null],
      );
      assert.match(stderr, /^lab: TypeError: broken on purpose\n\s+at /m);
    },
  );

  drawn('a runtime that is not here: the cells stand there with why, exit 3; the others run', async () => {
    const { args } = place(`${TWO.replace('[64, 128]', '[64]')}runtimes: [netns, docker]\n`);
    // A name that no engine answers to; --runtime is left out.
    const argv = args.filter((arg) => arg !== '--runtime' && arg !== 'netns');
    const { code, stdout } = await lab([...argv, '--json'], {
      env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });
    assert.equal(code, 3);
    const { cells, complete }: SweepDocument = JSON.parse(stdout);
    assert.equal(complete, true);
    assert.deepEqual(
      cells.map(({ runtime, error }) => [runtime, error === null]),
      [
        ['netns', true],
        ['docker', false],
      ],
    );
    assert.equal(cells[1]?.verdict, null);
    assert.equal(cells[1]?.settings.nofile, 64);
  });

  const REFUSED: [string, [string, string], string[], RegExp | ((runs: string) => string)][] = [
    [
      'users that have no ports, before anything runs',
      ['[60]', '[60, 500000], sources: [1]'],
      [],
      /two\.yaml:3:41: matrix\.users: users=500000: ip_local_port_range/,
    ],
    [
      'a setting that would do nothing',
      ['[60]', '[60], cap_silent: [1]'],
      [],
      /two\.yaml:\d+:\d+: matrix\.cap_silent: cap_silent=1: does nothing here; allowed: 0, or with max_connections/,
    ],
    [
      'nothing to go on with',
      ['', ''],
      ['--resume'],
      (runs) => `--resume: ${runs} has no folder of the sweep two; leave --resume out to start a new one`,
    ],
    ['a folder that is no sweep', ['', ''], ['--resume', '/tmp'], /--resume \/tmp: has no sweep\.json/],
    ['a folder that is not there', ['', ''], ['--resume', '/nowhere'], /--resume \/nowhere: no such folder/],
    ['two forms for stdout', ['', ''], ['--csv', '--json'], /--json and --csv together: allowed: one/],
    [
      'JUnit where nothing can be written',
      ['', ''],
      ['--junit', '/nowhere/x.xml'],
      /--junit \/nowhere\/x\.xml: cannot be written/,
    ],
  ];
  for (const [what, change, more, says] of REFUSED)
    refused(`exit 2: ${what}`, async () => {
      const { runs, args } = place(TWO.replace(change[0], change[1]));
      const { code, stdout, stderr } = await lab([...args, ...more]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      if (says instanceof RegExp) assert.match(stderr, says);
      else assert.ok(stderr.includes(says(runs)), stderr);
      assert.equal(stderr.split('\n').length, 2, stderr);
      assert.deepEqual(readdirSync(runs), ['two.yaml']);
    });

  it('--dry-run lists the cells and runs none', async () => {
    const { runs, args } = place(TWO);
    const { code, stdout } = await lab([...args, '--dry-run']);
    assert.equal(code, 0);
    assert.equal(stdout, 'nofile=64,users=60,runtime=netns\nnofile=128,users=60,runtime=netns\n');
    assert.deepEqual(readdirSync(runs), ['two.yaml']);
  });
});
