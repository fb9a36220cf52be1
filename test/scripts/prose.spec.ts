import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lint } from '../../scripts/prose/lint.ts';
import { ROOT, run, temporaryFolder } from './tools.ts';

const words = (count: number) =>
  `${Array.from({ length: count }, () => 'word')
    .join(' a ')
    .trim()}.`;
const rules = async (text: string, page = 'page.md') => [
  ...new Set((await lint(page, text)).map(({ rule }) => rule)),
];

/** What breaks a rule, and what is next to it and does not. */
const CASES = {
  words: [
    ['It is laid to the server.', 'It is attributed to the server.'],
    ['It is laid\nto the server.', 'It is attributed\nto the server.'],
    ['The descriptors at rest.', 'The descriptors `at rest`.'],
    ['500 users asked, 400 open.', 'The user asked for nothing.'],
    ['An idle timeout.', 'An idle time-out, of `app-timeout-or-panic`.'],
    ['It recognizes the color.', 'It recognises the colour and resizes the prize.'],
    ['It is obviously full.', 'It is full.'],
    ['| a | b |\n|---|---|\n| Whoever | c |', '| a | b |\n|---|---|\n| each | c |'],
  ],
  'sentence-length': [
    [words(19), words(18)],
    [`- ${words(19)}`, `\`\`\`\n${words(19)}\n\`\`\``],
    [`${words(18).slice(0, -1)} \`a code\`.`, `${words(17)} \`a code b\` ${words(17)}`],
  ],
  'doubled-words': [
    ['It is is full.', 'It is full. Full it is.'],
    ['It is\nis full.', 'A run, run again.'],
  ],
  'sentence-case': [['## What It Is', '## What it is on a Mac, ECONNRESET and `It`']],
  'page-length': [['line\n\n'.repeat(101), `${'line\n\n'.repeat(100)}<!-- a\nb -->\n`]],
} as const;

describe('prose', () => {
  for (const [rule, cases] of Object.entries(CASES)) {
    for (const [bad, good] of cases) {
      it(`${rule}: ${bad.slice(0, 40).replaceAll('\n', '⏎')}`, async () => {
        assert.deepEqual([await rules(bad), await rules(good)], [[rule], []]);
      });
    }
  }

  it('has a README of at most 150 lines', async () => {
    assert.deepEqual(await rules('line\n\n'.repeat(76), 'README.md'), ['page-length']);
    assert.deepEqual(await rules('line\n\n'.repeat(75), 'README.md'), []);
  });

  it('says where, what and what instead, and makes the check fail', async () => {
    using folder = temporaryFolder();
    const page = join(folder.path, 'page.md');
    writeFileSync(page, 'Good.\n\nAll users asked were served.\n');
    const { code, stdout } = await run(process.execPath, ['scripts/prose.ts', page], { cwd: ROOT });
    assert.equal(
      stdout,
      `${page}:3:5  Incorrect term: “users asked”, use “users requested” instead  [words]\nprose: 1 page, 1 to fix\n`,
    );
    assert.equal(code, 1);
  });

  it('says in one line which file cannot be read', async () => {
    const { code, stdout, stderr } = await run(process.execPath, ['scripts/prose.ts', 'no-such.md'], {
      cwd: ROOT,
    });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^prose: .*no-such\.md.*\n$/);
  });
});
