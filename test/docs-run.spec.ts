import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from '../scripts/docs-run/blocks.ts';
import { commandsOf } from '../scripts/docs-run/commands.ts';
import { factsOf } from '../scripts/docs-run/facts.ts';
import { commandLine, runShown } from '../scripts/docs-run/run-shown.ts';
import { readServer } from '../scripts/docs-run/server.ts';
import { onLinuxOnly, skip } from './skip.ts';

/** Those that take longer are for `npm run docs-run`. */
const QUICK_MS = 5000;

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).sort();
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

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

  describe('that are quick', function () {
    this.timeout(120_000);
    onLinuxOnly('they have namespaces of their own');

    for (const page of PAGES) {
      for (const shown of commandsOf(page, read(page))) {
        const { skip: no, takesMs } = shown.decision;
        if (no !== undefined || takesMs >= QUICK_MS) continue;
        it(`${page}:${shown.line} ${shown.command.split('\n')[0]}`, async function () {
          const { state, why } = await runShown(shown);
          if (state === 'skipped') skip(this, why.join('; '));
          assert.deepEqual([state, ...why], ['passed']);
        });
      }
    }
  });
});
