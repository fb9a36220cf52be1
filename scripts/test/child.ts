import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** How long (ms) a child may take to end in good order before it is killed. */
const GRACE = 30_000;

const running = new Set<ChildProcess>();
let interrupted: NodeJS.Signals | undefined;

/** The signal that asked this run to end, if there was one. */
export function wasInterrupted(): NodeJS.Signals | undefined {
  return interrupted;
}

/** Ends the child that is running, with everything it started. */
export function killGroup(child: ChildProcess): void {
  try {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/**
 * From now on the first SIGINT, SIGTERM or SIGHUP asks the running children to end in good order, and the second one, or
 * 30 s, kills them; this process goes on, to clean up and to report. Calls `first` at the first.
 */
export function catchSignals(first: () => void = () => {}): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const again = interrupted !== undefined;
      interrupted = signal;
      if (!again) first();
      for (const child of running) {
        if (again) killGroup(child);
        child.kill('SIGINT');
        setTimeout(() => running.has(child) && killGroup(child), GRACE).unref();
      }
    });
  }
}

/**
 * Runs one child of `npm test` on this very Node, in a process group of its own: so a Ctrl-C at the terminal reaches
 * it once, from us, and what it leaves behind can be ended with it. Gives its exit code, 128 for a signal.
 */
export function runNode(
  args: string[],
  options: SpawnOptions = {},
  watch: (child: ChildProcess) => void = () => {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      ...options,
      detached: true,
    });
    running.add(child);
    watch(child);
    const finish = (code: number) => {
      running.delete(child);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`npm test: ${args[0]} can not be started: ${error.message}`);
      finish(127);
    });
    child.once('exit', (code) => finish(code ?? 128));
  });
}
