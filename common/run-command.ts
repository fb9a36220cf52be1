import { spawn } from 'node:child_process';
import { endChild, endsWithLab } from './children.ts';
import { Debug } from './debug.ts';

const debug = new Debug('engine');

export interface Ran {
  /** Exit code; 127 when the command is not on this machine, 124 when it was ended by a time limit. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** End the command after this many milliseconds. */
  timeoutMs?: number;
  /** End the command when it has printed nothing at all for this many milliseconds after its start. */
  silentMs?: number;
  /**
   * End the command, with all that it has started, when this is aborted. It then leads a process group of its own: a Ctrl-C in the
   * terminal comes to it by this signal alone.
   */
  signal?: AbortSignal | undefined;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * Runs a command to its end with an empty stdin and gives what it printed. Never throws: a missing command and a
 * time limit are exit codes, as in a shell.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const { signal } = options;
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      cwd: options.cwd ?? '/',
      detached: signal !== undefined,
    });
    // TERM: it has files of its own to remove.
    const end = { name: 'SIGTERM', group: signal !== undefined } as const;
    endsWithLab(child, end);
    const bound = options.timeoutMs === undefined ? '' : ` (at most ${options.timeoutMs} ms)`;
    debug.say('%s started: pid %d, %s%s', command, child.pid, args.join(' '), bound);
    let late = '';
    const expire = (why: string) => () => {
      late = why;
      endChild(child, end);
    };
    const abort = expire('interrupted');
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const timers = [
      options.timeoutMs && setTimeout(expire(`no end after ${options.timeoutMs} ms`), options.timeoutMs),
      options.silentMs && setTimeout(expire(`no answer after ${options.silentMs} ms`), options.silentMs),
    ] as const;
    const finish = (ran: Ran) => {
      debug.say('%s ended: pid %d, code %d', command, child.pid, ran.code);
      for (const timer of timers) if (timer) clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(ran);
    };
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
        if (timers[1]) clearTimeout(timers[1]);
      });
    }
    child.once('error', (error) => finish({ code: 127, stdout: '', stderr: error.message }));
    child.once('close', (code) => {
      if (late)
        finish({
          ...output,
          code: 124,
          stderr: `${output.stderr}${command}: ${late}`,
        });
      else finish({ ...output, code: code ?? 128 });
    });
  });
}

/** The one line of a failed command's output that says most: the last that is not empty. */
export function lastLine(ran: Ran): string {
  const lines = `${ran.stdout}\n${ran.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? `exit code ${ran.code}`;
}

/** Says on stderr what is being done; stdout belongs to the caller's own output. */
export function progress(text: string): void {
  process.stderr.write(`engine: ${text}\n`);
}
