import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const alive = new Set<ChildProcess>();

// A test that fails half way leaves nobody behind, nor what those started: each has a process group of its own.
afterEach(() => {
  for (const { pid } of alive) {
    try {
      if (pid) process.kill(-pid, 'SIGKILL');
    } catch {
      // It had no group of its own, or has ended meanwhile.
    }
  }
});

/** Starts a command. `ended` resolves when it has, with all it printed. */
export function start(
  command: string,
  args: string[],
  options: SpawnOptions = {},
): {
  child: ChildProcess;
  ended: Promise<Ended>;
  printed: { stdout: string; stderr: string };
} {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  const printed = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...printed }));
  });
  return { child, ended, printed };
}

/** Runs a command to its end. */
export function run(command: string, args: string[], options: SpawnOptions = {}): Promise<Ended> {
  return start(command, args, options).ended;
}

/** Waits until `condition` holds, looking often; throws after `ms`. */
export async function until(condition: () => boolean, ms = 5000): Promise<void> {
  for (const deadline = Date.now() + ms; !condition(); ) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A folder of this test's own, removed at the end of the scope. */
export function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'resetlab-test-'));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
