import assert from 'node:assert/strict';
import { commandsOf } from '../../../scripts/docs-run/commands.ts';
import { readDecision } from '../../../scripts/docs-run/decision.ts';
import { readServer } from '../../../scripts/docs-run/server.ts';
import { shellLines } from '../../../scripts/docs-run/shell-lines.ts';

const page = (...lines: string[]) => lines.join('\n').replaceAll('~~~', '```');
const shown = (text: string) =>
  commandsOf('page.md', text).map(({ line, command, output }) => ({
    line,
    command,
    ...(output === undefined ? {} : { output }),
  }));

describe('docs-run, commands of a page', () => {
  it('are the lines of shell, without comments, continued lines and open quotes joined', () => {
    assert.deepEqual(shellLines("a 'b # c' # d\n\n# e\nf \\\n  g\nsh -c '\n h # i\n j'"), [
      { at: 0, command: "a 'b # c'" },
      { at: 3, command: 'f g' },
      { at: 5, command: "sh -c '\n h # i\n j'" },
    ]);
  });

  it('have one line of the annotation each, or one for all', () => {
    const one = page('<!-- docs-run takes=1s -->', '~~~sh', 'a', 'b', '~~~');
    assert.deepEqual(shown(one), [
      { line: 3, command: 'a' },
      { line: 4, command: 'b' },
    ]);
    const each = page(
      '<!-- docs-run',
      'all exit=1',
      'takes=1s',
      "skip='why'",
      '-->',
      '~~~sh',
      'a',
      'b',
      '~~~',
    );
    const [first, second] = commandsOf('page.md', each);
    assert.deepEqual(
      [first?.decision.takesMs, first?.decision.exit, first?.decision.skip],
      [1000, 1, undefined],
    );
    assert.equal(second?.decision.skip, 'why');
  });

  it('have the next output when they say so, and those of a terminal what follows', () => {
    const next = page(
      '<!-- docs-run takes=1s shows -->',
      '~~~sh',
      'a',
      '~~~',
      '',
      '~~~ts',
      'code',
      '~~~',
      '',
      '~~~',
      'out',
      '~~~',
    );
    assert.deepEqual(shown(next), [{ line: 3, command: 'a', output: 'out' }]);
    const typed = page('<!-- docs-run takes=1s -->', '~~~', '$ a', 'b', '$ c', 'd', '~~~');
    assert.deepEqual(shown(typed), [
      { line: 3, command: 'a', output: 'b' },
      { line: 5, command: 'c', output: 'd' },
    ]);
    const told = page(`<!-- docs-run of='a b' takes=1s -->`, '~~~', 'out', '~~~');
    assert.deepEqual(shown(told), [{ line: 3, command: 'a b', output: 'out' }]);
  });

  it('are found in a list, too', () => {
    assert.deepEqual(shown(page('- a', '', '  <!-- docs-run takes=1s -->', '  ~~~sh', '  b', '  ~~~')), [
      { line: 5, command: 'b' },
    ]);
  });

  for (const [title, text, message] of [
    [
      'a command without a decision',
      page('~~~sh', 'a', '~~~'),
      /^page\.md:2: no docs-run annotation before `a`/,
    ],
    ['what was typed without a decision', page('~~~', '$ a', '~~~'), /^page\.md:2: no docs-run annotation/],
    [
      'fewer decisions than commands',
      page('<!-- docs-run', 'all exit=1', 'takes=1s', '-->', '~~~sh', 'a', 'b', '~~~'),
      /^page\.md:6: 1 lines of annotation for 2 commands$/,
    ],
    [
      'an annotation of nothing',
      page('<!-- docs-run takes=1s -->', '~~~', 'a', '~~~'),
      /^page\.md:3: docs-run before a block without a command$/,
    ],
    [
      'an output that does not follow',
      page('<!-- docs-run takes=1s shows -->', '~~~sh', 'a', '~~~'),
      /^page\.md:3: docs-run: shows: no output follows/,
    ],
    [
      'a bad decision',
      page('<!-- docs-run takes=soon -->', '~~~sh', 'a', '~~~'),
      /^page\.md:3: docs-run: takes="soon": allowed: a time/,
    ],
  ] as const) {
    it(`${title} ends with where and what`, () => {
      assert.throws(() => commandsOf('page.md', text), { name: 'UsageError', message });
    });
  }
});

describe('docs-run, a decision', () => {
  it('has values in quotes of both kinds', () => {
    const { server, replace, first } = readDecision(`takes=2m server='a 1' replace=x=y=z first="echo 'b'"`);
    assert.deepEqual([server, replace, first], ['a 1', [['x', 'y=z']], "echo 'b'"]);
  });

  for (const [words, message] of [
    ['', /takes=TIME, or skip/],
    ["takes=1s skip='a'", /takes=TIME, or skip/],
    ["takes=1s skip=''", /skip: say why/],
    ['takes=1s wants=root', /^wants: no such key; allowed: skip, takes, /],
    ['takes=1s exit=one', /^exit="one": allowed: an exit code$/],
    ['takes=1s replace=x', /^replace="x": allowed: shown=run$/],
    ["takes=1s 'a'", /^"'a'": allowed are words/],
  ] as const) {
    it(`"${words}" is none`, () => {
      assert.throws(() => readDecision(words), { name: 'UsageError', message });
    });
  }

  it('has a server that there is', () => {
    const { program, port, nofile, set } = readServer('nginx 8080 nofile=64 worker_connections=40');
    assert.deepEqual([program?.name, port, nofile, set], ['nginx', 8080, 64, { worker_connections: '40' }]);
    assert.equal(readServer('gateway 8080').program, undefined);
    assert.throws(() => readServer('nothing 80'), /^UsageError: server nothing: allowed: gateway, /);
    assert.throws(() => readServer('nginx'), /"" is no port/);
  });
});
