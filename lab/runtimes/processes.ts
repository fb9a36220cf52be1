import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { endsWithLab } from '../../common/children.ts';
import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import { CannotRunError } from '../../common/errors.ts';
import { PROJECT_ROOT, programAt } from '../../common/own-files.ts';
import { LineReader } from '../../protocol/ndjson-reader.ts';
import { cgroupOf, oomKillsOf } from '../../system/cgroup.ts';
import { thisHost } from '../../system/host.ts';
import { readText } from '../../system/read.ts';
import { canPrefix } from '../../system/tools.ts';
import type { Ending, Part, PartSpec } from './runtime.ts';

const debug = new Debug('process');

/** Goes into argv of every process of ours, where `clean` finds it. */
export const LABEL_FLAG = '--resetlab-label=';

/**
 * Environment that parts inherit: a child must not take PORT or USERS from the person's shell, nor NODE_DEBUG, whose lines would be taken for
 * the reason why it did not start.
 */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE'];

/** A part that is a process of this machine. */
export interface LocalPart extends Part {
  pid: number;
  /** Closes its stdin, which ends it in order. */
  release(): void;
}

/** Gets the limit of descriptors or nothing, cgroups to join up to a `--`, and the command. */
const JOIN_AND_RUN = [
  'limit=$1',
  'shift',
  // 0 is whoever writes it (kernel/cgroup/cgroup.c cgroup_procs_write_start).
  'while [ "$1" != -- ]; do echo 0 > "$1" || exit; shift; done',
  'shift',
  '[ -z "$limit" ] || ulimit -n "$limit" || exit',
  'exec "$@"',
].join('\n');

/**
 * Starts a part as a local process behind `prefix` (e.g. nsenter). The chain is exec all the way, so the pid is the
 * part's own. It dies with the lab: by PR_SET_PDEATHSIG on Linux (also when stopped), and by end of stdin anywhere. Its
 * shell joins `cgroups` first, so that the part is held to them from its first instruction.
 */
export function startProcess(
  spec: PartSpec,
  label: string,
  prefix: readonly string[],
  cgroups: readonly string[] = [],
): LocalPart {
  const argv = [
    ...prefix,
    ...deathSignal(),
    '/bin/sh',
    '-c',
    JOIN_AND_RUN,
    'sh',
    String(spec.nofile ?? ''),
    ...cgroups.map((folder) => join(folder, 'cgroup.procs')),
    '--',
    process.execPath,
    ...(spec.nodeOptions ?? []),
    programAt(spec.module),
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
  endsWithLab(child, { name: 'SIGKILL', group: true });
  debug.say('%s started: pid %d, %s', spec.role, child.pid, spec.module);
  return watch(child, spec, cgroups);
}

let deathPrefix: string[] | undefined;

/** Prefix that has the kernel end a process with the lab; none off Linux, and where setpriv has no such option (busybox). */
export function deathSignal({ platform } = thisHost): string[] {
  if (platform !== 'linux') return [];
  if (deathPrefix === undefined) {
    const prefix = ['setpriv', '--pdeathsig', 'KILL', '--'];
    deathPrefix = canPrefix(prefix) ? prefix : [];
  }
  return deathPrefix;
}

function watch(child: ChildProcess, spec: PartSpec, cgroups: readonly string[]): LocalPart {
  // Without a cgroup of its own it is in that of the lab.
  const own = cgroups.length === 0 && thisHost.platform === 'linux' ? cgroupOf('memory')?.folder : undefined;
  const counting = own === undefined ? cgroups : [own];
  const killsBefore = own === undefined ? 0 : (oomKillsIn(counting) ?? 0);
  const reader = new LineReader(spec.onLine);
  child.stdout?.on('data', (chunk: Buffer) => reader.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => reader.note(chunk.toString()));
  child.stdin?.on('error', () => {});
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new CannotRunError(`${spec.role}: cannot be started: ${error.message}`)),
    );
    child.once('close', (code, signal) => {
      debug.say('%s ended: pid %d, %s', spec.role, child.pid, signal ?? `code ${code}`);
      reader.end();
      resolve(
        defined({
          code,
          signal,
          oomKills: since(killsBefore, oomKillsIn(counting)),
          output: reader.stray.trim(),
        }),
      );
    });
  });
  ended.catch(() => {});
  return {
    pid: child.pid ?? 0,
    ended,
    async signal(name) {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
    },
    say(line) {
      child.stdin?.write(`${line}\n`);
    },
    release() {
      child.stdin?.end();
    },
  };
}

const since = (before: number, now: number | undefined) => (now === undefined ? undefined : now - before);

/** Of the first of these cgroups that counts them. */
function oomKillsIn(cgroups: readonly string[]): number | undefined {
  const counts = cgroups.map((folder) => oomKillsOf((name) => readText(join(folder, name))));
  return counts.find((count) => count !== undefined);
}

/** Longer than a gateway drains and a fleet says goodbye. */
const GRACE_MS = 6000;

/** Ends a part: TERM, and KILL when that was not enough. Resolves when it is gone. */
export async function endPart(part: Part): Promise<Ending> {
  await part.signal('SIGTERM');
  // A stopped process takes no TERM until it is continued.
  await part.signal('SIGCONT');
  const killer = setTimeout(() => part.signal('SIGKILL'), GRACE_MS);
  return debug
    .wait('a part to end after TERM; then it is killed', part.ended, GRACE_MS)
    .finally(() => clearTimeout(killer));
}

/** Ends parts; resolves when all are gone. */
export async function endAll(parts: Iterable<Part>): Promise<void> {
  await Promise.allSettled([...parts].map(endPart));
}
