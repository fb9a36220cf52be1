import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { UsageError } from '../../../common/errors.ts';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import { planCells } from '../../../lab/sweep/cells.ts';
import { readSweepFile } from '../../../lab/sweep/sweep-file.ts';
import { SWEEP_KEYS } from '../../../lab/sweep/sweep-schema.ts';
import { planned } from './tools.ts';

/** The one line for a bad file, without the file's folder. */
function refusal(text: string): string {
  try {
    planned(text);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message.replace(/^.*\/x\.yaml/, 'x.yaml');
  }
  return assert.fail('it was taken');
}

const NAMED = 'name: a\n';
const SMALL = `${NAMED}matrix: {nofile: 64}\n`;

describe('lab/sweep/file: what is wrong, where, what is allowed', () => {
  // Mocha asks for stacks of any length: seconds for a file that is nested a thousand times.
  const { stackTraceLimit } = Error;
  before(() => {
    Error.stackTraceLimit = 10;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  for (const [what, text, says] of [
    ['an empty file', '', 'x.yaml:1:1: the file is empty; allowed: a map'],
    ['no map', '- a\n', 'x.yaml:1:1: ["a"]: allowed: a map'],
    ['no name', 'matrix: {nofile: 64}\n', 'x.yaml:1:1: name is missing'],
    [
      'a name that is not a file name',
      'name: a/b\nmatrix: {nofile: 64}\n',
      'x.yaml:1:7: name: a/b: allowed: ',
    ],
    ['no matrix', NAMED, 'x.yaml:1:1: no cell; expected a matrix'],
    ['an empty matrix', `${NAMED}matrix: {}\n`, 'x.yaml:2:9: no cell; expected a matrix'],
    [
      'an empty axis',
      `${NAMED}matrix:\n  nofile: []\n`,
      'x.yaml:3:11: matrix.nofile: []: allowed: at least one',
    ],
    ['an axis without a value', `${NAMED}matrix:\n  nofile:\n`, 'matrix.nofile: "": no value'],
    [
      'a map for a value',
      `${NAMED}matrix:\n  nofile: [64, {a: 1}]\n`,
      'x.yaml:3:16: matrix.nofile[1]: {"a":1}: allowed: a number or text',
    ],
    [
      'a bad value',
      `${NAMED}matrix:\n  nofile: [64, abc]\n`,
      'x.yaml:3:16: matrix.nofile: nofile=abc: allowed: a whole number from 25',
    ],
    [
      'a value out of range',
      `${NAMED}matrix:\n  nofile:\n    - 64\n    - 7\n`,
      'x.yaml:5:7: matrix.nofile: nofile=7: allowed: ',
    ],
    ['a bad range', `${NAMED}matrix:\n  nofile: 1..5\n`, 'x.yaml:3:11: matrix.nofile: "1..5"'],
    [
      'a truth value',
      `${NAMED}base: {tcp_abort_on_overflow: true}\n`,
      'x.yaml:2:31: base: tcp_abort_on_overflow=true: allowed: ',
    ],
    ['a bad value of base', `${NAMED}base:\n  users: many\n`, 'x.yaml:3:10: base: users=many: allowed: '],
    [
      'a misspelt setting',
      `${NAMED}matrix:\n  nofil: 64\n`,
      'x.yaml:3:3: matrix: unknown setting "nofil"; allowed: nofile, robots_nofile',
    ],
    [
      'a misspelt setting of include',
      `${SMALL}include:\n  - nofil: 64\n`,
      'x.yaml:4:5: include[0]: unknown setting "nofil"',
    ],
    [
      'a misspelt key',
      `${NAMED}matrx: {nofile: 64}\n`,
      'x.yaml:2:1: unknown key "matrx"; allowed: name, about',
    ],
    [
      'a runtime among the settings',
      `${NAMED}matrix: {runtime: [netns]}\n`,
      'x.yaml:2:10: matrix: runtime is not a setting; allowed: runtimes:',
    ],
    [
      'an unknown runtime',
      `${SMALL}runtimes: [netns, podman]\n`,
      'x.yaml:3:19: runtimes: "podman": allowed: auto, docker',
    ],
    [
      'an unknown runtime of exclude',
      `${SMALL}exclude: [{runtime: podman}]\n`,
      'x.yaml:3:21: exclude[0].runtime: "podman": allowed',
    ],
    [
      'the same key twice',
      `${NAMED}matrix:\n  nofile: 64\n  nofile: 65\n`,
      'x.yaml:4:3: this key is here twice',
    ],
    [
      'the same setting twice',
      `${NAMED}matrix:\n  nofile: 64\n  NOFILE: 65\n`,
      'x.yaml:4:3: matrix: nofile is here twice',
    ],
    ['no YAML', `${NAMED}matrix: [64\n`, 'not YAML: '],
    ['two documents', `${SMALL}---\nname: b\n`, 'x.yaml:3:1: a second document begins'],
    ['a tag', `${NAMED}matrix: !foo {nofile: 64}\n`, 'x.yaml:2:9: not YAML: Unresolved tag: !foo'],
    [
      'a key that would vanish',
      `${NAMED}matrix: {nofile: 64, __proto__: {a: 1}}\n`,
      'x.yaml:2:22: unknown key "__proto__"',
    ],
    [
      'an aliases bomb',
      `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]\n`,
      'its aliases expand to far too many values',
    ],
    [
      'an alias that nothing stands for',
      `${NAMED}matrix:\n  nofile: [64, *more]\n`,
      'x.yaml:3:16: *more: no anchor of that name comes before it',
    ],
    ['far too deep', '['.repeat(3000), 'nested too deeply'],
    [
      'too many cells',
      `${NAMED}matrix:\n  nofile: 64..70+1\n  users: 1..100+1\n`,
      'x.yaml:3:3: 700 cells (7 nofile × 100 users × 1 runtime, 0 included, 1 of each); allowed: up to 200; raise max_cells',
    ],
    ['too many by repeat', `${SMALL}repeat: 201\n`, '201 cells'],
    ['repeat 0', `${SMALL}repeat: 0\n`, 'x.yaml:3:9: repeat: 0: allowed: a whole number from 1 to 1000'],
    [
      'an exclude that does nothing',
      `${SMALL}exclude:\n  - nofile: 99\n`,
      'x.yaml:4:5: exclude[0]: matches no cell',
    ],
    ['everything excluded', `${SMALL}exclude: [{nofile: 64}]\n`, 'no cell'],
    [
      'the same cell twice',
      `${NAMED}include: [{nofile: 64}, {nofile: 64}]\n`,
      'the cell nofile=64,runtime=netns is here twice',
    ],
    [
      'a misspelt expectation',
      `${SMALL}expect: {faild: 0}\n`,
      'x.yaml:3:10: expect: unknown key "faild"; allowed: open, failed',
    ],
    ['an expectation of Object', `${SMALL}expect: {constructor: 0}\n`, 'expect: unknown key "constructor"'],
    [
      'a bad comparison',
      `${SMALL}expect: {failed: "=> 3"}\n`,
      'x.yaml:3:10: expect.failed: "=> 3": allowed: a number or predicted',
    ],
    [
      'an unknown cause',
      `${SMALL}expect: {cause: fd}\n`,
      'x.yaml:3:10: expect.cause: "fd": allowed: none, or some of ',
    ],
    [
      'an unknown profile',
      `${SMALL}profile: windows\n`,
      'x.yaml:3:10: profile: "windows": no such profile; allowed: docker, linux',
    ],
    [
      'what comes first in the file is told first',
      'name: a\nrepeat: 0\nmax_cells: 0\nabout: 5\n',
      'x.yaml:2:9: repeat: 0',
    ],
  ] as const)
    it(what, () => assert.ok(refusal(text).includes(says), refusal(text)));

  for (const [what, path, says] of [
    ['no such file', '/nowhere/x.yaml', '/nowhere/x.yaml: no such file'],
    ['a folder', tmpdir(), `${tmpdir()}: is a folder`],
    ['a device', '/dev/zero', '/dev/zero: is not a file'],
  ] as const)
    it(what, () => {
      const isSo = (error: unknown) => error instanceof UsageError && error.message.startsWith(says);
      assert.throws(() => readSweepFile(path), isSo);
    });

  it('any text is a file or one UsageError', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'name: a',
        'matrix:',
        '  nofile: ',
        '64',
        '[',
        ']',
        '{',
        '}',
        '- ',
        '&a ',
        '*a',
        '\n',
        ': ',
        '"',
        '!!',
        '? ',
        '#',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        try {
          planned(pieces.join(''));
        } catch (error) {
          assert.ok(error instanceof UsageError, `${error}`);
          assert.ok(!/[\r\n]/.test(error.message), JSON.stringify(error.message));
        }
      }),
      { numRuns: 300 },
    );
  });

  for (const name of globSync('lab/sweeps/*.yaml', { cwd: PROJECT_ROOT }))
    it(`${name} is in order, and named as its file`, () => {
      const file = readSweepFile(join(PROJECT_ROOT, name));
      assert.equal(`lab/sweeps/${file.name}.yaml`, name);
      assert.ok(file.about !== '');
      assert.ok(planCells(file, () => 'netns').every(({ expect }) => expect.length > 0));
    });

  it('the example of docs/sweep.md is in order, and has every key', () => {
    const page = readFileSync(join(PROJECT_ROOT, 'docs/sweep.md'), 'utf8');
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    for (const key of SWEEP_KEYS) assert.match(example, new RegExp(`^${key}:`, 'm'));
    // 2 queues × 3 loads on netns, one queue less on docker, one included on each runtime; three of each.
    assert.equal(planned(example).length, (6 + 3 + 2) * 3);
  });
});
