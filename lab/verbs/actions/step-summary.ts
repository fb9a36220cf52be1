import { appendFileSync, statSync } from 'node:fs';
import { NAME } from '../../../common/called.ts';
import { messageOf } from '../../../common/errors.ts';

/** More than this in a step's summary, and GitHub shows none of it, bytes. */
export const MOST_BYTES = 1024 * 1024;

const CUT = '**Cut here:** GitHub shows at most 1 MiB of a summary. The folder of the run has all of it.';

/** Appends Markdown to the summary of this step of GitHub Actions, where there is one. A file that cannot be written is told of on stderr. */
export function appendSummary(markdown: string, path = process.env.GITHUB_STEP_SUMMARY): void {
  if (!path) return;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    // Opening a pipe waits for a reader.
    if (stat !== undefined && !stat.isFile()) throw new Error('it is no file');
    const before = stat?.size ?? 0;
    const text = cutTo(`${before > 0 ? '\n' : ''}${markdown}`, MOST_BYTES - before);
    if (text === undefined) throw new Error('it is full (1 MiB)');
    appendFileSync(path, text);
  } catch (error) {
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    process.stderr.write(`${NAME}: no step summary: ${path}: ${code}\n`);
  }
}

/** Whole blocks of Markdown in so many bytes, with a line that says so where some are left out; undefined: not even one block fits. */
export function cutTo(markdown: string, most: number): string | undefined {
  if (Buffer.byteLength(markdown) <= most) return markdown;
  const kept: string[] = [];
  let room = most;
  let open = 0;
  for (const block of markdown.trimEnd().split('\n\n')) {
    const folded = open + count(block, '<details') - count(block, '</details>');
    room -= Buffer.byteLength(block) + 2;
    if (room < Buffer.byteLength(endOf(folded))) break;
    open = folded;
    kept.push(block);
  }
  return kept.length === 0 ? undefined : `${kept.join('\n\n')}\n\n${endOf(open)}`;
}

function endOf(open: number): string {
  return `${'</details>\n\n'.repeat(Math.max(0, open))}${CUT}\n`;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
