/** A command of a block, and on which of its lines it begins, from 0. */
export interface ShellLine {
  at: number;
  command: string;
}

/** The commands of a block of shell: comments left out, continued lines and open quotes joined. */
export function shellLines(text: string): ShellLine[] {
  const commands: ShellLine[] = [];
  let open: ShellLine | undefined;
  for (const [at, line] of text.split('\n').entries()) {
    const command: string = open === undefined ? line : `${open.command}\n${line}`;
    const { plain, quoted } = withoutComment(command);
    const begun = { at: open?.at ?? at, command: plain.trim() };
    if (quoted) open = { at: begun.at, command };
    else if (begun.command.endsWith('\\')) open = { at: begun.at, command: begun.command };
    else {
      open = undefined;
      if (begun.command !== '')
        commands.push({ ...begun, command: begun.command.replace(/\s*\\\n\s*/g, ' ') });
    }
  }
  return open === undefined ? commands : [...commands, open];
}

/** A comment begins with a `#` after a space, outside of quotes. */
function withoutComment(command: string): { plain: string; quoted: boolean } {
  let quote = '';
  let plain = '';
  let comment = false;
  for (const [index, char] of [...command].entries()) {
    if (char === '\n') comment = false;
    else if (quote === '' && char === '#' && /^\s?$/.test(command[index - 1] ?? '')) comment = true;
    if (comment) continue;
    if (quote === '' && (char === "'" || char === '"')) quote = char;
    else if (char === quote) quote = '';
    plain += char;
  }
  return { plain, quoted: quote !== '' };
}
