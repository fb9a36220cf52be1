import { inActions } from './actions.ts';

type Write = typeof process.stdout.write;

/** How a stream was written before it was guarded. */
const unguarded = new WeakMap<NodeJS.WriteStream, Write>();

/**
 * In GitHub Actions, keeps the words of others (names of servers, lines of logs) from being read as commands to the runner. It takes for
 * one a line that begins with `::` after any white space, and `##[` anywhere in a line (actions/runner, src/Runner.Common/ActionCommand.cs).
 */
export function guardActions(): void {
  if (!inActions()) return;
  for (const stream of [process.stdout, process.stderr]) {
    if (unguarded.has(stream)) continue;
    const write: Write = stream.write.bind(stream);
    unguarded.set(stream, write);
    stream.write = ((chunk: string | Uint8Array, ...more: never[]) =>
      write(typeof chunk === 'string' ? harmless(chunk) : chunk, ...more)) as Write;
  }
}

/** Writes a command of ours to the runner. */
export function command(stream: NodeJS.WriteStream, line: string): void {
  (unguarded.get(stream) ?? stream.write.bind(stream))(line);
}

/** Its name is of letters, and it ends with `::`: an IPv6 address is none. .NET takes U+0085 for white space too. */
const COMMAND = /((?:^|[\r\n])[\s\u0085]*)::(?=[A-Za-z][^\r\n]*::)/g;
const OLD_COMMAND = /##\[(?=[A-Za-z][^\r\n]*\])/g;

/** A text of which no line is a command. */
export function harmless(text: string): string {
  return text.replace(COMMAND, '$1: :').replace(OLD_COMMAND, '# #[');
}

/** The same of JSON, which says the same afterwards. */
export function harmlessJson(json: string): string {
  return json.replaceAll('##[', '#\\u0023[');
}
