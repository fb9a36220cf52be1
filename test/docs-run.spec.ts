import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from '../scripts/docs-run/blocks.ts';
import { commandsOf, type Shown } from '../scripts/docs-run/commands.ts';
import { factsOf } from '../scripts/docs-run/facts.ts';
import { commandLine, runShown } from '../scripts/docs-run/run-shown.ts';
import { readServer } from '../scripts/docs-run/server.ts';
import { run } from './scripts/tools.ts';
import { onLinuxOnly, skip } from './skip.ts';
import { oneIn } from './whole.ts';

/** Of the quick ones a part; `npm run docs-run` has all. */
const drawn = oneIn(2);

/** Those that take longer are for `npm run docs-run`. */
const QUICK_MS = 5000;

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).sort();
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** Code within a sentence that is a command of the lab. */
const inProse = (text: string) =>
  text.match(/(?<=`)(?:npm run --silent )?lab (?:-- )?[a-z][^`\n]*(?=`)/g) ?? [];

/** None of a page that cannot be read: a test of its own says so. */
function readable(page: string): Shown[] {
  try {
    return commandsOf(page, read(page));
  } catch {
    return [];
  }
}

describe('commands of the docs', () => {
  it('are all decided: each is run, or says why not', () => {
    const commands = PAGES.flatMap((page) => commandsOf(page, read(page)));
    assert.ok(commands.length > 50, `only ${commands.length}`);
    for (const { decision } of commands) if (decision.server !== undefined) readServer(decision.server);
  });

  it('stand in blocks of shell, where they are found', () => {
    const hidden = PAGES.flatMap((page) =>
      blocksOf(read(page))
        .filter(({ language, text }) => language === '' && /^(npm|npx|docker|node) /m.test(text))
        .map(({ line }) => `${page}:${line}`),
    );
    assert.deepEqual(hidden, []);
  });

  it('show outputs that can be compared', () => {
    const vague = PAGES.flatMap((page) =>
      commandsOf(page, read(page))
        .filter(({ output }) => output !== undefined && factsOf(output).size === 0)
        .map(({ line }) => `${page}:${line}`),
    );
    assert.deepEqual(vague, []);
  });

  it('name npm scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = PAGES.flatMap((page) =>
      commandsOf(page, read(page)).flatMap((shown) =>
        [...commandLine(shown).matchAll(/\bnpm (?:run (?:--silent )?([\w-]+)|(start|test))/g)].map(
          ([, run, own]) => run ?? own,
        ),
      ),
    );
    assert.deepEqual(
      named.filter((name) => name !== undefined && !Object.hasOwn(scripts, name)),
      [],
    );
  });

  it('name verbs and flags that there are, also where they are not run and in the prose', async function () {
    this.timeout(60_000);
    const used = new Map<string, string[]>();
    for (const page of PAGES)
      for (const text of [...commandsOf(page, read(page)).map(commandLine), ...inProse(read(page))])
        for (const [, verb = '', rest = ''] of text.matchAll(/\blab (?:-- )?([a-z]+)((?: [^|&>;)]*)?)/g)) {
          const [own = ''] = rest.split(/ -- /);
          used.set(verb, [...(used.get(verb) ?? []), ...(own.match(/(?<= )--[a-z][a-z-]*/g) ?? [])]);
        }
    assert.ok(used.size > 8, `only ${[...used.keys()]}`);
    const unknown = [...used].map(async ([verb, flags]) => {
      const { code, stdout } = await run(process.execPath, ['lab/cli.ts', verb, '--help'], { cwd: ROOT });
      if (code !== 0) return [verb];
      const there = new Set(stdout.match(/(?<=\s)--[a-z][a-z-]*/g));
      return flags.filter((flag) => !there.has(flag)).map((flag) => `${verb} ${flag}`);
    });
    assert.deepEqual((await Promise.all(unknown)).flat(), []);
  });

  describe('that are quick', function () {
    this.timeout(120_000);
    onLinuxOnly('they have namespaces of their own');

    for (const page of PAGES) {
      for (const shown of readable(page)) {
        const { skip: no, takesMs } = shown.decision;
        if (no !== undefined || takesMs >= QUICK_MS) continue;
        drawn(`${page}:${shown.line} ${shown.command.split('\n')[0]}`, async function () {
          const { state, why } = await runShown(shown);
          if (state === 'skipped') skip(this, why.join('; '));
          assert.deepEqual([state, ...why], ['passed']);
        });
      }
    }
  });
});
