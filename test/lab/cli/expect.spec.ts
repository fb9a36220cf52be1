import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { SweepDocument } from '../../../lab/sweep/sweep-document.ts';
import type { ThresholdsDocument } from '../../../lab/threshold/threshold-document.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { FIRST_GATEWAY_BREAKS, lab, preloaded, type Result, scratch, startLab } from './lab.ts';

const drawn = oneIn(3);

/** A load that leaves 41 of 60 users open. */
const FULL = [
  'run',
  'fd-exhaustion',
  '--users',
  '60',
  '--set',
  'nofile=64',
  '--no-fix',
  '--runtime',
  'netns',
];
/** The same with room for all: the run does not show what it was asked to. */
const ROOM = [
  'run',
  'fd-exhaustion',
  '--users',
  '30',
  '--set',
  'nofile=64',
  '--no-fix',
  '--runtime',
  'netns',
];

interface Test {
  name: string;
  failure?: { message: string; '#text': string };
  error?: { message: string };
}

/** The tests of a file of JUnit XML. */
function junitOf(path: string): Test[] {
  const text = readFileSync(path, 'utf8');
  assert.equal(XMLValidator.validate(text), true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    htmlEntities: true,
    isArray: (name) => name === 'testcase',
  });
  const { testsuites } = parser.parse(text);
  const tests: Test[] = testsuites.testsuite.testcase;
  assert.deepEqual([testsuites.tests, testsuites.failures, testsuites.errors].map(Number), [
    tests.length,
    tests.filter(({ failure }) => failure).length,
    tests.filter(({ error }) => error).length,
  ]);
  return tests;
}

describe('lab: what is expected', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();

  let number = 0;
  const place = () => {
    number += 1;
    const runs = join(folder(), `${number}`);
    mkdirSync(runs);
    return { runs, flags: ['--runs', runs], file: (name: string) => join(runs, name) };
  };
  const started = (runs: string) => readdirSync(runs).filter((name) => /^\d{8}-/.test(name));

  drawn('a run with one condition that holds and two that do not: 1, in text and JUnit XML', async () => {
    const { flags, file } = place();
    const conditions = ['failed=0', 'cause=fd-exhaustion', 'threshold >= 2000'];
    const expect = conditions.flatMap((one) => ['--expect', one]);
    const { code, stdout, stderr } = await lab([...FULL, ...flags, ...expect, '--junit', file('j.xml')]);
    assert.equal(code, 1, stderr);
    assert.match(
      stdout,
      /\nExpected\n {2}FAILED {2}failed=0 +it is 19\n {2}held {4}cause=fd-exhaustion +it is fd-/,
    );
    assert.match(stdout, / {2}FAILED {2}threshold >= 2000 +it is 41\n/);
    const tests = junitOf(file('j.xml'));
    assert.deepEqual(
      tests.map(({ name, failure }) => [name, failure !== undefined]),
      [
        ['failed=0', true],
        ['cause=fd-exhaustion', false],
        ['threshold >= 2000', true],
      ],
    );
    assert.match(
      tests[0]?.failure?.message ?? '',
      /^expected failed=0: it is 19; fd-exhaustion: 19 of 60 users failed/,
    );
    assert.match(
      tests[0]?.failure?.['#text'] ?? '',
      /all 64 descriptors in use \[descriptors: \d+ → 64, limit 64/,
    );
  });

  drawn('conditions that hold: 0, whatever the run itself showed; the document tells of each', async () => {
    const { flags } = place();
    const own = await lab([...ROOM, ...flags]);
    assert.equal(own.code, 1, own.stderr);
    assert.ok(!own.stdout.includes('Expected'));
    const expect = ['--expect', 'failed=0', '--expect', 'cause=none', '--expect', 'lost=0'];
    const { code, stdout, stderr } = await lab([...ROOM, ...flags, ...expect, '--json']);
    assert.equal(code, 0, stderr);
    const { expectations }: VerdictDocument = JSON.parse(stdout);
    assert.deepEqual(expectations, [
      { condition: 'failed=0', holds: true, measured: 0, says: 'it is 0' },
      { condition: 'cause=none', holds: true, measured: 'none', says: 'it is none' },
      { condition: 'lost=0', holds: true, measured: 0, says: 'it is 0' },
    ]);
  });

  drawn('JUnit XML without a condition: one test, for the answer of the verb', async () => {
    const { flags, file } = place();
    const { code } = await lab([...ROOM, ...flags, '--junit', file('j.xml')]);
    assert.equal(code, 1);
    const [test, ...more] = junitOf(file('j.xml'));
    assert.deepEqual(
      [test?.name, test?.failure?.message, more],
      ['fd-exhaustion', 'All 30 users open, none failed', []],
    );
  });

  drawn('a threshold: every point must hold', async () => {
    const { flags } = place();
    const args = [
      'threshold',
      '--vary',
      'nofile=64,80',
      '--set',
      'rounds=0',
      '--runtime',
      'netns',
      '--json',
      ...flags,
    ];
    const { code, stdout, stderr } = await lab([
      ...args,
      '--expect',
      'threshold>=50',
      '--expect',
      'threshold=predicted',
    ]);
    assert.equal(code, 1, stderr);
    const { expectations = [] }: ThresholdsDocument = JSON.parse(stdout);
    assert.deepEqual(
      expectations.map(({ holds, measured, each }) => [holds, measured, each?.map((one) => one.holds)]),
      [
        [false, 41, [false, true]],
        [true, 41, [true, true]],
      ],
    );
    assert.match(expectations[0]?.says ?? '', /^at nofile=64 41$/);
  });

  drawn('a sweep: every cell must hold, whatever its file expects', async () => {
    const { runs, flags, file } = place();
    const matrix =
      'name: two\nbase: {rounds: 0}\nmatrix: {nofile: [64, 128], users: [60]}\nexpect: {failed: 1}\n';
    writeFileSync(file('two.yaml'), matrix);
    const args = [
      'sweep',
      file('two.yaml'),
      '--runtime',
      'netns',
      ...flags,
      '--json',
      '--junit',
      file('j.xml'),
    ];
    const unmet = await lab([...args, '--expect', 'open>=60']);
    assert.equal(unmet.code, 1, unmet.stderr);
    const { expectations = [] }: SweepDocument = JSON.parse(unmet.stdout);
    assert.match(expectations[0]?.says ?? '', /^at nofile=64,users=60,runtime=netns 41$/);
    assert.deepEqual(
      junitOf(file('j.xml')).map(({ name }) => name),
      ['open>=60'],
    );
    const met = await lab([...args, '--resume', '--expect', 'open>=41']);
    assert.equal(met.code, 0, met.stderr);
    assert.equal(started(runs).length, 1);
  });

  describe('nothing is started, and no file is left', () => {
    for (const [what, more, says] of [
      ['a wrong grammar', ['--expect', 'failed'], /^lab: --expect failed: no condition; allowed: [^\n]+\n$/],
      [
        'an unknown name',
        ['--expect', 'resets=0'],
        /^lab: --expect resets=0: unknown key "resets"; allowed: open, [^\n]+\n$/,
      ],
      [
        'a folder for JUnit XML',
        ['--junit', '/'],
        /^lab: --junit \/: cannot be written \(EISDIR\); allowed: [^\n]+\n$/,
      ],
      [
        'no such folder',
        ['--junit', '/nowhere/j.xml'],
        /^lab: --junit \/nowhere\/j\.xml: cannot be written \(ENOENT\);/,
      ],
    ] as const)
      it(what, async () => {
        const { runs, flags } = place();
        const { code, stdout, stderr } = await lab([...FULL, ...flags, ...more]);
        assert.deepEqual([code, stdout, readdirSync(runs)], [2, '', []]);
        assert.match(stderr, says);
      });

    it('a setting that is none: the file that could be written is not made', async () => {
      const { runs, flags, file } = place();
      const { code } = await lab([...FULL, ...flags, '--set', 'nofile=x', '--junit', file('j.xml')]);
      assert.deepEqual([code, readdirSync(runs)], [2, []]);
    });
  });

  it('a verb that comes to no result leaves JUnit XML with an error, and its exit code', async () => {
    const { flags, file } = place();
    const args = [...FULL, ...flags, '--expect', 'failed=0', '--junit', file('j.xml')];
    const { code } = await lab(args, { env: preloaded(FIRST_GATEWAY_BREAKS) });
    assert.equal(code, 70);
    assert.deepEqual(
      junitOf(file('j.xml')).map(({ error }) => error?.message),
      ['broken on purpose'],
    );
  });

  it('an interrupted run gives the code of the signal; what was not measured has failed', async () => {
    const { flags, file } = place();
    const slow = ['--ramp', '30s', '--expect', 'failed=0', '--junit', file('j.xml')];
    const { child, ended, result } = startLab([...ROOM, ...flags, ...slow]);
    while (!/\d+ requested +[1-9]\d* open/.test(result.stderr))
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 130, stderr);
    assert.match(stdout, /FAILED {2}failed=0 {2}not measured: it is at least 0, and perhaps more\n/);
    assert.match(
      junitOf(file('j.xml'))[0]?.failure?.message ?? '',
      /not measured: .*incomplete: the run was interrupted/,
    );
  });

  describe('inside GitHub Actions', () => {
    const inActions = (summary: string) => ({
      env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
    });
    const annotations = ({ stdout, stderr }: Result) =>
      [stdout, stderr].map((text) => text.split('\n').filter((line) => line.startsWith('::')));

    drawn(
      'a red run: the report and its conditions in the summary, and one annotation on stdout',
      async () => {
        const { flags, file } = place();
        writeFileSync(file('summary.md'), 'of the step before\n');
        const args = [...FULL, ...flags, '--expect', 'failed=0', '--expect', 'lost=0'];
        const result = await lab(args, inActions(file('summary.md')));
        assert.equal(result.code, 1);
        const [[line = '', ...more] = [], beside] = annotations(result);
        assert.match(
          line,
          /^::error title=resetlab run::expected failed=0: it is 19%0Afd-exhaustion: 19 of 60 users failed/,
        );
        assert.deepEqual([more, beside], [[], []]);
        const summary = readFileSync(file('summary.md'), 'utf8');
        assert.match(
          summary,
          /^of the step before\n\n## fd-exhaustion: 19 of 60 users failed, 41 open\n\n\| expected/,
        );
        assert.match(
          summary,
          /\| `failed=0` +\| \*\*failed\*\* \| it is 19 \|\n\| `lost=0` +\| held +\| it is 0 +\|\n/,
        );
        assert.match(summary, /### Why `fd-exhaustion`\n/);
      },
    );

    drawn(
      'with --json the annotation is on stderr; a file that cannot be written is told of, and changes nothing',
      async () => {
        const { runs, flags } = place();
        const result = await lab([...FULL, ...flags, '--json', '--expect', 'failed=0'], inActions(runs));
        assert.equal(result.code, 1);
        JSON.parse(result.stdout);
        assert.deepEqual(
          annotations(result).map((lines) => lines.length),
          [0, 1],
        );
        assert.match(result.stderr, /^lab: no step summary: \S+: it is no file\n/m);
      },
    );

    drawn('a green run: a summary, and no annotation', async () => {
      const { flags, file } = place();
      const result = await lab([...FULL, ...flags, '--expect', 'failed=19'], inActions(file('summary.md')));
      assert.equal(result.code, 0);
      assert.deepEqual(annotations(result), [[], []]);
      assert.ok(existsSync(file('summary.md')));
    });
  });
});
