import { UsageError } from '../../common/errors.ts';
import { type Block, blocksOf } from './blocks.ts';
import { type Decision, readDecision } from './decision.ts';
import { shellLines } from './shell-lines.ts';

/** A command that a page shows, what is done with it, and the output that the page shows of it. */
export interface Shown {
  page: string;
  line: number;
  command: string;
  decision: Decision;
  output?: string;
}

interface Plain {
  line: number;
  command: string;
  output?: string;
}

/** A line of a terminal's text that was typed. */
const TYPED = /^\$ /;
/** The command of an output that the page tells of in its prose. */
const OF = /^of=(?:"([^"]*)"|'([^']*)')(?=\s|$)/;

/**
 * All commands of a page: of blocks of shell, of terminals (`$ `), and those that an annotation gives to an output.
 * @throws {UsageError} with page and line, for a command without a decision and for an annotation that cannot be read
 */
export function commandsOf(page: string, markdown: string): Shown[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap((block, index) => {
    const [first = '', ...rest] = block.annotation ?? [];
    const [of, ...values] = OF.exec(first) ?? [];
    if (of !== undefined) {
      const command = values.find((value) => value !== undefined) ?? '';
      const told = { line: block.line, command, output: block.text };
      return decided(page, { ...block, annotation: [first.slice(of.length), ...rest] }, [told]);
    }
    const plain = plainCommands(block);
    if (plain.length === 0 && block.annotation !== undefined)
      throw new UsageError(`${page}:${block.line}: docs-run before a block without a command`);
    const output = () => blocks.slice(index + 1).find(({ language }) => language === '')?.text;
    return decided(page, block, plain).map((shown) =>
      shown.decision.shows ? { ...shown, output: outputOf(shown, output()) } : shown,
    );
  });
}

function plainCommands({ language, text, line }: Block): Plain[] {
  if (language === 'sh') return shellLines(text).map(({ at, command }) => ({ line: line + at, command }));
  if (language !== '') return [];
  const lines = text.split('\n');
  return lines.flatMap((typed, at) => {
    if (!TYPED.test(typed)) return [];
    const next = lines.findIndex((other, index) => index > at && TYPED.test(other));
    const output = lines.slice(at + 1, next < 0 ? undefined : next).join('\n');
    return { line: line + at, command: typed.replace(TYPED, ''), output };
  });
}

/** One line of an annotation is for all commands of the block. Of several, `all` begins one for all, and the others are for one command each. */
function decided(page: string, { line, annotation }: Block, commands: readonly Plain[]): Shown[] {
  if (commands.length === 0) return [];
  const where = `${page}:${line}`;
  if (annotation === undefined)
    throw new UsageError(
      `${where}: no docs-run annotation before \`${commands[0]?.command}\`: see docs/testing.md`,
    );
  const all = annotation.filter((words) => /^all\b/.test(words)).map((words) => words.slice('all'.length));
  const each = annotation.filter((words) => !/^all\b/.test(words));
  const lines = each.length === 1 && all.length === 0 ? commands.map(() => each[0] as string) : each;
  if (lines.length !== commands.length)
    throw new UsageError(`${where}: ${lines.length} lines of annotation for ${commands.length} commands`);
  return commands.map((command, index) => {
    try {
      return { page, ...command, decision: readDecision(...all, lines[index] as string) };
    } catch (error) {
      throw new UsageError(`${page}:${command.line}: docs-run: ${(error as Error).message}`);
    }
  });
}

function outputOf({ page, line }: Shown, output: string | undefined): string {
  if (output === undefined)
    throw new UsageError(`${page}:${line}: docs-run: shows: no output follows on this page`);
  return output;
}
