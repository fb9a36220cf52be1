/** `npm run docs-run [-- --only PAGE] [--under TIME] [--print] [--list]`: runs what the docs show, and compares. See HELP. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endChildren } from '../common/children.ts';
import { durationMs } from '../common/duration.ts';
import { UsageError } from '../common/errors.ts';
import { tell } from '../common/tell.ts';
import { commandsOf, type Shown } from './docs-run/commands.ts';
import { runShown } from './docs-run/run-shown.ts';

const HELP = `usage: npm run docs-run [-- --only PAGE] [--under TIME] [--print] [--list]
  --only PAGE    the commands of this page, as README.md or docs/laws.md; may be given again
  --under TIME   only those that took less when it was last measured, as 5s
  --print        what each of them prints, too: to put it into the page
  --list         say what there is; run nothing

Runs every command that README.md and docs/ show, and compares exit codes, causes and counts with what the page shows.
Exit code 1 when one disagrees. docs/testing.md says how a command is annotated.`;

const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/*.md'], { cwd: ROOT }).sort();

process.on('uncaughtException', (error) => process.exit(tell(error, 'docs-run')));
const { pages, underMs, print, list } = readArguments();
const commands = pages
  .flatMap((page) => commandsOf(page, readFileSync(join(ROOT, page), 'utf8')))
  .filter(
    ({ decision }) => underMs === undefined || (decision.skip === undefined && decision.takesMs < underMs),
  );
if (list) for (const shown of commands) console.log(`${placeOf(shown)}  ${decisionOf(shown)}`);
else process.exitCode = await runAll();

async function runAll(): Promise<number> {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
  process.on('exit', endChildren);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const shown of commands) {
    try {
      const { state, why, ms, printed } = await runShown(shown, stopping.signal);
      counts[state] += 1;
      const time = state === 'skipped' ? '' : `  (${(ms / 1000).toFixed(1)} s)`;
      console.log(
        `${state.padEnd(7)}  ${placeOf(shown)}${time}${why.length > 0 ? `: ${why.join('; ')}` : ''}`,
      );
      if (print && printed !== '') console.log(printed);
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      console.log('interrupted');
      return 130;
    }
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed > 0 ? 1 : 0;
}

function placeOf({ page, line, command }: Shown): string {
  return `${page}:${line}  ${command.split('\n')[0]}`;
}

function decisionOf({ decision, output }: Shown): string {
  const { skip, takesMs, needs } = decision;
  if (skip !== undefined) return `not run: ${skip}`;
  return [
    `${takesMs / 1000} s`,
    ...needs.map((need) => `needs ${need}`),
    ...(output === undefined ? [] : ['compared']),
  ].join(', ');
}

function readArguments(): { pages: string[]; underMs: number | undefined; print: boolean; list: boolean } {
  const options = {
    only: { type: 'string', multiple: true },
    under: { type: 'string' },
    print: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { values } = parseArgs({ options });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    const { only = PAGES, under, print, list } = values;
    const unknown = only.find((page) => !PAGES.includes(page));
    if (unknown !== undefined) throw new UsageError(`--only ${unknown}: allowed: ${PAGES.join(', ')}`);
    const underMs = under === undefined ? undefined : durationMs(under);
    if (under !== undefined && underMs === undefined)
      throw new UsageError(`--under ${under}: allowed: a time, such as 500ms, 5s or 2m`);
    return { pages: only, underMs, print, list };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const [what] = (error as Error).message.split('\n');
    throw new UsageError(
      `${what}; allowed: ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(', ')}`,
    );
  }
}
