import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { diagnosisReport } from '../../../lab/report/diagnosis-report.ts';
import { oneLine } from '../../../lab/report/markdown/inline.ts';
import {
  comparisonMarkdown,
  diagnosisMarkdown,
  runMarkdown,
  sweepMarkdown,
  thresholdMarkdown,
} from '../../../lab/report/markdowns.ts';
import { terminalReport } from '../../../lab/report/terminal.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { type VerdictDocument, verdictDocument } from '../../../lab/run/verdict-document.ts';
import type { SweepDocument } from '../../../lab/sweep/sweep-document.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';
import { diagnosis } from './diagnosis.ts';
import { type Block, blocksOf, sectionsOf, seen, tableOf } from './markdown.ts';
import { comparison, thresholds } from './tools.ts';

/** The document of a line of the truth table. */
function runOf(line: string): VerdictDocument {
  const evidence = evidenceOf(parse(line), 1);
  return verdictDocument('run', judgeEach([evidence]), null, '/home/alice/runs/1');
}

const FULL = runOf('full 0 0 0 alive 20 herd 425 x reset @ upgrade');
const HEALTHY = runOf('room 0 0 0 alive 20 herd none');
const NOBODYS = runOf('room 0 0 0 alive 20 herd 425 x reset @ upgrade');

const kindsOf = (markdown: string) => blocksOf(markdown).map(({ kind }) => kind);
const tablesOf = (blocks: readonly Block[]) =>
  blocks.filter(({ kind }) => kind === 'table').map(({ lines }) => tableOf(lines));

describe('a run in Markdown', () => {
  it('has the answer first, then the numbers, why, what was ruled out and what to do next', () => {
    const sections = sectionsOf(runMarkdown(FULL));
    const [headline, ...others] = sections.keys();
    const { open, asked } = FULL.users;
    assert.equal(headline, `fd-exhaustion: 425 of ${asked} users failed, ${open} open`);
    assert.deepEqual(others, ['Why fd-exhaustion', 'Ruled out']);
    const [answer, numbers] = sections.get(headline) ?? [];
    assert.match(
      answer?.lines[0] ?? '',
      /^- \*\*Cause:\*\* `fd-exhaustion`: .*, \*\*425 of 425 failures \(100\u00a0%\)\*\*$/,
    );
    const [, users] = tableOf(numbers?.lines ?? []);
    assert.match(users?.[1] ?? '', /^\d+ requested, \d+ open, 425 failed\n425 × reset in upgrade/);
    const last = sections.get('Ruled out') ?? [];
    assert.match(last.at(-2)?.lines[0] ?? '', /^\*\*Next:\*\* `npm run --silent lab -- /);
  });

  it('has why as a table with before, after, limit and source', () => {
    const [table = []] = tablesOf(sectionsOf(runMarkdown(FULL)).get('Why fd-exhaustion') ?? []);
    assert.deepEqual(table[0], ['evidence', 'before', 'after', 'limit', 'source']);
    const full = table.find(([says]) => /^all \d+ descriptors in use$/.test(says ?? ''));
    const nofile = String(FULL.settings.nofile);
    assert.deepEqual(full?.slice(2), [nofile, nofile, '/proc/<pid>/fd']);
  });

  for (const [name, document] of Object.entries({ FULL, HEALTHY, NOBODYS }))
    it(`says the same as the terminal: ${name}`, () => {
      const text = stripVTControlCharacters(terminalReport(document, { width: 1000 })).replace(/ +/g, ' ');
      const markdown = runMarkdown(document);
      const cells = tablesOf(blocksOf(markdown)).flatMap(([, ...rows]) => rows.flat());
      const items = blocksOf(markdown)
        .filter(({ kind }) => kind === 'list')
        .flatMap(({ lines }) => lines.map((line) => seen(line.replace(/^- (\*\*\w+:\*\* )?/, ''))));
      assert.ok(cells.length > 6 && items.length > 3);
      for (const said of [
        ...cells.flatMap((cell) => cell.split('\n')),
        ...items.flatMap((item) => item.split(/: |; |, (?=\d+ of )/)),
      ])
        assert.ok(text.includes(said), `${said}\n${text}`);
    });

  it('says so where nobody failed, and where no cause accounts for a failure', () => {
    assert.match(runMarkdown(HEALTHY), /^- \*\*Cause:\*\* none: all \d+ users open, nobody failed$/m);
    assert.match(
      runMarkdown(HEALTHY),
      /^\*\*Next:\*\* the same command with `--users \d+` \(twice the users\)$/m,
    );
    assert.match(
      runMarkdown(NOBODYS),
      /^- \*\*Unknown:\*\* no cause accounts for 425 of 425 failures \(100\u00a0%\)$/m,
    );
  });

  it('names the fix and whether it was proven', () => {
    const users = { asked: 10, open: 9, failed: 1, by: [] };
    const fixed = (verified: boolean, error?: string) =>
      runMarkdown({
        ...FULL,
        fix: { change: 'nofile 1 → 2', verified, users, ...(error !== undefined && { error }) },
      }).match(/^- \*\*Fix:\*\* (.*)$/m)?.[1];
    assert.equal(fixed(true), 'nofile 1 → 2, **verified**: same load again, 9 of 10 open');
    assert.equal(fixed(false), 'nofile 1 → 2, **did not help**: same load again, 9 of 10 open, 1 failed');
    assert.equal(fixed(false, 'no `room`'), 'nofile 1 → 2, **not shown**: no &#96;room&#96;');
  });

  it('has with --verbose every verdict with all its evidence, and only the answer unfolded', () => {
    const blocks = blocksOf(runMarkdown(FULL, { verbose: true }));
    const folds = blocks.flatMap(({ lines: [line = ''] }) => line.match(/^<details.*$/) ?? []);
    assert.equal(folds.length, FULL.verdicts.length);
    assert.deepEqual(
      folds.filter((line) => line.startsWith('<details open>')),
      [
        '<details open><summary>confirmed: <code>fd-exhaustion</code>, 425 of 425 failures (100\u00a0%)</summary>',
      ],
    );
    const [, ...tables] = tablesOf(blocks);
    const items = FULL.verdicts.flatMap((one) => [...one.for, ...one.against]);
    assert.equal(tables.flatMap(([, ...rows]) => rows).length, items.length);
    assert.ok(folds.some((line) => line.includes('ruled out: <code>syn-queue</code> (part of <code>')));
  });

  it('names its folder, and not the way there', () => {
    assert.match(runMarkdown(FULL), /; folder `1`<\/sub>\n$/);
    assert.ok(!runMarkdown(FULL, { verbose: true }).includes('alice'));
  });
});

describe('a diagnosis in Markdown', () => {
  it('has the words for that server, the commands by hand, and what was not seen', () => {
    const sections = sectionsOf(diagnosisMarkdown(diagnosis()));
    assert.deepEqual(
      [...sections.keys()],
      [
        'shop on port 8080: fd-exhaustion confirmed',
        'Why fd-exhaustion',
        'Ruled out',
        'Not enough data',
        'Not seen',
      ],
    );
    const markdown = diagnosisMarkdown(diagnosis());
    assert.ok(
      markdown.includes('`fd-exhaustion`: shop has no file descriptor left (nofile), **90 connections**'),
    );
    assert.ok(markdown.includes('\n```sh\nls /proc/42/fd | wc -l   # descriptors\n```\n'));
    assert.ok(markdown.includes('### Not seen\n\n- the processes of others\n'));
    assert.ok(stripVTControlCharacters(diagnosisReport(diagnosis())).includes('the processes of others'));
  });

  const EVIL = [
    '</summary></details><img src=x onerror=alert(1)>',
    '| a | b |\n|---|---|\n| x |',
    'x\n\n# y\n\n```\n~~~',
    '`` ` ```` [a](http://b.c) ![d](e) <https://f.g>',
    '@torvalds #1 GH-1 a/b#2 :tada: $x$ www.a.b a@b.cd',
    '- [ ] x\n- y\n1. z\n> q',
    '\\| \\` \\\\ &lt;b&gt; &#124; \u202e\u2028x',
  ];
  for (const evil of EVIL)
    for (const verbose of [false, true])
      it(`shows what strangers say as it is${verbose ? ', with --verbose' : ''}: ${JSON.stringify(evil)}`, () => {
        const made = diagnosisMarkdown(saidBy(evil), { verbose });
        const plain = diagnosisMarkdown(saidBy('xyz'), { verbose });
        assert.deepEqual(kindsOf(made), kindsOf(plain));
        assert.equal(made.split('\n').length, plain.split('\n').length);
        const texts = (markdown: string) => tablesOf(blocksOf(markdown)).flat(2);
        assert.deepEqual(
          texts(made),
          texts(plain).map((text) => text.replaceAll('xyz', () => oneLine(evil))),
        );
      });

  /** A diagnosis in which everything that comes from elsewhere is this. */
  function saidBy(text: string): DiagnosisDocument {
    const one = oneLine(text);
    const document = diagnosis();
    const item = {
      source: one,
      name: text,
      before: one,
      after: one,
      says: one,
      otherwise: one,
      byHand: text,
    };
    const verdicts = (['confirmed', 'unknown', 'contributing', 'refuted', 'insufficient-data'] as const).map(
      (verdict) => ({
        ...{ cause: one, under: text, verdict, explains: 1 },
        ...{ for: [item, { ...item, before: null }], against: [item] },
      }),
    );
    return {
      ...document,
      ...{ verdicts, seen: [one], unseen: [text], scope: one, path: `/x/${text.replaceAll('/', '')}` },
      host: { os: text, kernel: text, node: text },
      target: { ...document.target, name: text, container: one, addresses: [text], logs: [one] },
    };
  }
});

describe('the other kinds in Markdown', () => {
  const EVIL = 'a | b `c` <img src=x> @d\n\n# e';

  it('a threshold: the answer, a row a value, and the laws', () => {
    const blocks = blocksOf(thresholdMarkdown(thresholds(['64', '128'])));
    assert.deepEqual(
      blocks.map(({ kind }) => kind),
      ['heading', 'text', 'text', 'table', 'list', 'text', 'text'],
    );
    assert.match(seen(blocks[5]?.lines[0] ?? ''), /^Next: .* run fd-exhaustion \(what a user more meets/);
    assert.equal(
      seen(blocks[1]?.lines[0] ?? ''),
      'Answer: nofile: limited by descriptors; measured exactly as predicted at 1 of 2 values',
    );
    const [table = []] = tablesOf(blocks);
    assert.deepEqual(table[0], ['nofile', 'measured', 'predicted', 'error', 'limited by', 'loads']);
    assert.deepEqual(table.at(-1), ['128', '78', '80', '-2', 'descriptors', '0']);
    assert.equal(
      seen(blocks[4]?.lines[0] ?? ''),
      '- predicted by: nofile - descriptors at rest numbered below nofile',
    );
  });

  it('a sweep: how many cells came as expected, and a row a cell', () => {
    const cell = (
      nofile: number,
      expected: SweepDocument['cells'][number]['expected'],
      error: string | null,
    ) => ({
      ...{ id: `${nofile}`, varies: { nofile }, settings: {}, runtime: 'netns', causes: ['fd-exhaustion'] },
      ...{ users: FULL.users, verdict: error === null ? FULL : null, error, expected, wallMs: 1500 },
    });
    const cells = [
      cell(64, { says: 'failed > 0', met: true }, null),
      cell(128, { says: 'failed = 0', met: false }, null),
      cell(256, null, EVIL),
    ];
    const { host } = FULL;
    const document: SweepDocument = {
      schema: 1,
      name: EVIL,
      complete: false,
      total: 4,
      host,
      cells,
      path: null,
    };
    const blocks = blocksOf(sweepMarkdown(document));
    assert.equal(
      seen(blocks[1]?.lines[0] ?? ''),
      'Answer: 3 cells: 1 as expected, 1 not as expected, 1 could not run',
    );
    const [[heads, ...rows] = []] = tablesOf(blocks);
    assert.deepEqual(heads, ['nofile', 'open', 'failed', 'predicted', 'causes', 'time', 'result']);
    assert.deepEqual(
      rows.map((row) => [row[0], row[2], row.at(-1)]),
      [
        ['64', '425', 'as expected: failed > 0'],
        ['128', '425', 'NOT as expected: failed = 0'],
        ['256', '-', `cannot run: ${oneLine(EVIL)}`],
      ],
    );
    assert.match(sweepMarkdown(document), /^\*\*Incomplete:\*\* interrupted after 3 of 4 cells\.$/m);
  });

  it('a comparison: the differences, side by side, and every point', () => {
    const document = comparison();
    const { differences, columns } = document;
    assert.ok(differences.length > 1);
    const blocks = blocksOf(comparisonMarkdown(document));
    assert.equal(seen(blocks[1]?.lines[0] ?? ''), `Answer: ${differences.length} differences`);
    const numbered = blocks[2]?.lines.filter((line) => /^\d+\. /.test(line)) ?? [];
    assert.equal(numbered.length, differences.length);
    const users = tablesOf(blocks).find(([heads]) => heads?.[0] === 'users') ?? [];
    assert.deepEqual(users[0], ['users', 'linux: PREDICTED', 'macos: PREDICTED']);
    assert.deepEqual(users[1], ['requested', ...columns.map(({ users: { asked } }) => String(asked))]);
    assert.equal(tablesOf(blocks).at(-1)?.length, 2);
  });

  it('a comparison shows names of folders and notes as they are', () => {
    const document = comparison();
    const evil = structuredClone(document);
    for (const column of evil.columns) {
      column.from = EVIL;
      column.notes = [EVIL];
    }
    for (const one of evil.differences) one.why = one.what = one.left = EVIL;
    for (const column of document.columns) column.notes = ['x'];
    assert.deepEqual(kindsOf(comparisonMarkdown(evil)), kindsOf(comparisonMarkdown(document)));
    assert.equal(
      comparisonMarkdown(evil).split('\n').length,
      comparisonMarkdown(document).split('\n').length,
    );
  });
});
