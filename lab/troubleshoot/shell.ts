import { spawn } from 'node:child_process';

/** What a command said. */
export interface Said {
  out: string;
  err: string;
  /** Exit code of the shell; null: it took too long, or was ended by a signal. */
  code: number | null;
}

/** Runs one line of sh and gives what it said, whatever its exit code. */
export type Shell = (line: string) => Promise<Said>;

/** A command that takes longer is killed, with what it started. */
const PATIENCE_MS = 5000;
/** Nobody reads more, and no figure stands so far down. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

/** The real thing, in the C locale. The tools are in sbin folders, which are not in everybody's PATH. */
export const shell: Shell = (line) =>
  new Promise((resolve) => {
    const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
    const child = spawn('sh', ['-c', line], {
      env: { ...process.env, LC_ALL: 'C', PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a pipeline is killed whole, and Ctrl-C reaches the lab alone.
      detached: true,
    });
    const said: Said = { out: '', err: '', code: null };
    const timer = setTimeout(() => killGroup(child.pid), PATIENCE_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said.out.length < MOST_CHARACTERS) said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (said.err.length < MOST_CHARACTERS) said.err += text;
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ ...said, err: error.message });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ ...said, code });
    });
  });

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
