import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { errorAnnotation } from '../../../lab/verbs/actions/annotation.ts';
import { harmless, harmlessJson } from '../../../lab/verbs/actions/guard.ts';
import { appendSummary, cutTo, MOST_BYTES } from '../../../lab/verbs/actions/step-summary.ts';
import { freePort, lab, scratch } from './lab.ts';

/** Is this line a command to the runner? As its source reads it: src/Runner.Common/ActionCommand.cs. */
function isCommand(line: string): boolean {
  const name = (text: string) => /^[a-z-]+$/i.test(text.split(' ')[0] ?? '');
  const trimmed = line.replace(/^[\s\u0085]+/, '');
  const end = trimmed.indexOf('::', 2);
  if (trimmed.startsWith('::') && end > 0 && name(trimmed.slice(2, end))) return true;
  const from = line.indexOf('##[');
  const to = line.indexOf(']', from);
  return from >= 0 && to >= 0 && name(line.slice(from + 3, to));
}

const commands = (text: string) => text.split(/\r\n|\r|\n/).filter(isCommand);

const piece = fc.constantFrom(
  '::',
  ':',
  'error',
  '##[',
  ']',
  ' ',
  '\t',
  '\n',
  '\r',
  '\u0085',
  'x',
  'file=a',
  '#',
  '\\',
  ',',
  '%0A',
);
const hostile = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe('lab: inside GitHub Actions', () => {
  it('no text has a line that is a command', () => {
    for (const before of ['', ' ', '\t', '\u0085', '\u00a0', 'a\n', 'a\r', 'a\r\n  '])
      assert.deepEqual(commands(harmless(`${before}::add-mask::a`)), [], JSON.stringify(before));
    assert.equal(commands('a\n  ::error file=a::b\n[##[error]c').length, 2);
    fc.assert(fc.property(hostile, (text) => assert.deepEqual(commands(harmless(text)), [])));
  });

  it('what is no command stays as it is, an address among it', () => {
    for (const text of [
      '  :: on port 80',
      '::1 and ::ffff:10.0.0.1',
      'a ::error::b',
      '#[a]',
      '::error',
      '##[',
    ]) {
      assert.equal(harmless(text), text);
      assert.deepEqual(commands(text), []);
    }
  });

  it('JSON says the same, and is none', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = harmlessJson(JSON.stringify({ text }));
        assert.deepEqual([JSON.parse(json), commands(json)], [{ text }, []]);
      }),
    );
  });

  it('an annotation is one line, from which the words come back', () => {
    fc.assert(
      fc.property(hostile, fc.oneof(hostile, fc.string({ unit: 'binary' })), (title, message) => {
        const line = errorAnnotation(title, message);
        assert.match(line, /^::error title=[^:,\r\n]*::[^\r\n]*\n$/);
        const [, name = '', said = ''] = /^::error title=(.*?)::(.*)\n$/s.exec(line) ?? [];
        const back = (text: string) => text.replace(/%(0D|0A|3A|2C|25)/g, (code) => decodeURIComponent(code));
        assert.deepEqual([back(name), back(said)], [title, message.toWellFormed()]);
      }),
    );
    assert.ok(errorAnnotation('', 'x'.repeat(100_000)).length < 4000);
  });

  describe('a summary', () => {
    const folder = scratch();
    const block = `| ${'é'.repeat(500)} |`;
    const folded = `<details><summary>all</summary>\n\n${Array(2000).fill(block).join('\n\n')}\n\n</details>\n`;

    it('of more than 1 MiB is cut after a block, says so, and leaves nothing open', () => {
      const path = join(folder(), 'long.md');
      writeFileSync(path, 'before\n');
      appendSummary(folded, path);
      const text = readFileSync(path, 'utf8');
      const bytes = Buffer.byteLength(text);
      assert.ok(bytes <= MOST_BYTES && bytes > MOST_BYTES - 2000, `${bytes}`);
      assert.ok(text.startsWith('before\n\n<details>'));
      assert.match(text, /é \|\n\n<\/details>\n\n\*\*Cut here:\*\* [^\n]+\n$/);
    });

    it('of any length keeps within what there is room for', () => {
      const blocks = fc.array(fc.constantFrom('a', 'é'.repeat(40), '<details>', '</details>', '| b |'));
      fc.assert(
        fc.property(blocks, fc.nat({ max: 400 }), (all, most) => {
          const whole = all.join('\n\n');
          const cut = cutTo(whole, most);
          if (cut === undefined || cut === whole) return;
          assert.ok(Buffer.byteLength(cut) <= most);
          assert.match(cut, /Cut here/);
        }),
      );
    });
  });

  describe('a server whose name is a command', function () {
    this.timeout(60_000);
    const NAME = '##[error]pwned';
    let server: ChildProcess;
    let port: string;
    before(async function () {
      if (process.platform !== 'linux') this.skip();
      port = `${await freePort()}`;
      const code = `process.title = ${JSON.stringify(NAME)}; require('node:net').createServer((s) => s.on('error', () => {})).listen(${port}, '127.0.0.1', () => console.log('listens'))`;
      server = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(server.stdout as NonNullable<typeof server.stdout>, 'data');
    });
    after(() => server?.kill('SIGKILL'));

    it('is told of in text, JSON and on stderr, and orders nothing', async () => {
      const args = () => ['diagnose', '--port', port, '--load', '3', '--hold', '0', '--expect', 'failed=0'];
      const plain = await lab(args());
      assert.equal(commands(plain.stdout).length, 1, 'it would');
      for (const more of [[], ['--json']]) {
        const { code, stdout, stderr } = await lab([...args(), ...more], { env: { GITHUB_ACTIONS: 'true' } });
        assert.deepEqual([code, commands(stdout), commands(stderr)], [0, [], []]);
        if (more.length === 0) assert.match(stdout, /# #\[error\]pwned \(pid/);
        else assert.equal((JSON.parse(stdout) as DiagnosisDocument).target.name, NAME);
      }
    });
  });
});
