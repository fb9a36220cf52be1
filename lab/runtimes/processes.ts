import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { CannotRunError } from '../errors.ts';
import { LineReader } from './lines.ts';
import type { Ending, Part, PartSpec } from './runtime.ts';

export const PROJECT_ROOT = join(import.meta.dirname, '../..');

/** Goes into argv of every process of ours, where `clean` finds it. */
export const LABEL_FLAG = '--resetlab-label=';

/** Environment that parts inherit: a child must not take PORT or USERS from the person's shell. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

/**
 * Starts a part as a local process behind `prefix` (e.g. nsenter). The chain is exec all the way, so the pid is the
 * part's own. It dies with the lab: by PR_SET_PDEATHSIG on Linux (also when stopped), and by end of stdin anywhere.
 */
export function startProcess(
  spec: PartSpec,
  label: string,
  prefix: readonly string[],
): Part & { pid: number } {
  const limit = spec.nofile === undefined ? '' : `ulimit -n ${spec.nofile} && `;
  const argv = [
    ...prefix,
    ...deathSignal(),
    '/bin/sh',
    '-c',
    `${limit}exec "$@"`,
    'sh',
    process.execPath,
    join(PROJECT_ROOT, spec.module),
    LABEL_FLAG + label,
  ];
  const inherited = Object.fromEntries(
    INHERITED.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
  );
  const child = spawn(argv[0] as string, argv.slice(1), {
    cwd: PROJECT_ROOT,
    env: { ...inherited, ...spec.env, LIFELINE: 'stdin' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal goes to the lab alone, which then ends its parts in order.
    detached: true,
  });
  return watch(child, spec);
}

let deathPrefix: string[] | undefined;

/** Prefix that has the kernel end a process with the lab; none where there is no such setpriv (busybox, macOS). */
function deathSignal(): string[] {
  if (deathPrefix === undefined) {
    const prefix = ['setpriv', '--pdeathsig', 'KILL', '--'];
    try {
      execFileSync('setpriv', [...prefix.slice(1), 'true'], { stdio: 'ignore' });
      deathPrefix = prefix;
    } catch {
      deathPrefix = [];
    }
  }
  return deathPrefix;
}

function watch(child: ChildProcess, spec: PartSpec): Part & { pid: number } {
  const reader = new LineReader(spec.onLine);
  child.stdout?.on('data', (chunk: Buffer) => reader.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => reader.note(chunk.toString()));
  child.stdin?.on('error', () => {});
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new CannotRunError(`${spec.role}: cannot be started: ${error.message}`)),
    );
    child.once('close', (code, signal) => {
      reader.end();
      resolve({ code, signal, output: reader.stray.trim() });
    });
  });
  ended.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ended,
    async signal(name) {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
    },
  };
}

/** Ends parts: TERM, then KILL after `graceMs`. Returns when all are gone. */
export async function endAll(parts: Iterable<Part>, graceMs: number): Promise<void> {
  await Promise.allSettled(
    [...parts].map(async (part) => {
      await part.signal('SIGTERM');
      // A stopped process takes no TERM until it is continued.
      await part.signal('SIGCONT');
      const killer = setTimeout(() => part.signal('SIGKILL'), graceMs);
      await part.ended.finally(() => clearTimeout(killer));
    }),
  );
}
