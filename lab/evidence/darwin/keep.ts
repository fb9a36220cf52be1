import type { RawLine } from '../../../protocol/observer-events.ts';
import type { Run } from '../../../system/darwin/command.ts';

/** The same runner, which hands on what each command printed, unless it is what that command printed last time. */
export function keeping(run: Run, keep: (line: RawLine) => void): Run {
  const last = new Map<string, string | null>();
  return async (command, ...args) => {
    const at = Date.now();
    const said = await run(command, ...args);
    const words = [command, ...args].join(' ');
    const text = said ?? null;
    if (last.get(words) !== text) keep({ event: 'raw', at, command: words, text });
    last.set(words, text);
    return said;
  };
}
