import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fateOf } from '../../lab/runtimes/fate.ts';
import { allPids } from '../../system/proc/process.ts';
import { readText } from '../../system/read.ts';
import { folderOf, keeperOf, labelIn, MACHINES, namespaceOf, pathOf } from './names.ts';

const PATIENCE_MS = 10_000;
/** Before a test names another engine by DOCKER_HOST. */
const ENV = { ...process.env };

/**
 * Removes a rig, whatever state it is in: its processes, network namespaces, cgroups, and its folder. It does not wait for events, so that
 * it can be the last thing that a process does. Throws when something does not go within 10 s.
 */
export function removeRig(label: string): void {
  const until = performance.now() + PATIENCE_MS;
  for (const namespace of MACHINES.map((machine) => namespaceOf(label, machine))) {
    if (!existsSync(pathOf(namespace))) continue;
    // The engine is init of its pid namespace, so what it has started ends with it.
    retry(until, `processes in ${namespace}`, () => endProcesses(namespace));
    command('ip', 'netns', 'del', namespace);
  }
  for (const folder of cgroupsOf(label)) removeCgroup(folder, until);
  try {
    command('docker', 'rm', keeperOf(label));
  } catch {
    // There is none, or no engine.
  }
  rmSync(folderOf(label), { recursive: true, force: true });
}

/** Removes the rigs of test runs that are gone, such as those of a `kill -9`. Gives their labels. */
export function removeLeft(): string[] {
  const left = readdirSync(tmpdir()).flatMap((name) => labelIn(name) ?? []);
  const dead = left.filter((label) => fateOf(label) === 'dead');
  for (const label of dead) {
    try {
      removeRig(label);
    } catch (error) {
      // Another test run may have done it meanwhile.
      if (existsSync(folderOf(label))) throw error;
    }
  }
  return dead;
}

/** What there is of a rig: paths, mounts, and `pid COMMAND LINE` of processes; empty when it is gone. */
export function remainsOf(label: string): string[] {
  const paths = [folderOf(label), ...MACHINES.map((machine) => pathOf(namespaceOf(label, machine)))];
  const mounts = readText('/proc/self/mountinfo')?.split('\n') ?? [];
  const processes = allPids().map(
    (pid) => `${pid} ${readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ')}`,
  );
  return [
    ...[...paths, ...cgroupsOf(label)].filter((path) => existsSync(path)),
    ...[...mounts, ...processes].filter((line) => line.includes(label)),
  ];
}

/** Kills those that are there. Gives whether there were none. */
function endProcesses(namespace: string): boolean {
  const pids = command('ip', 'netns', 'pids', namespace).split('\n').filter(Boolean).map(Number);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  return pids.length === 0;
}

/** The cgroup of a rig's containers, in each of the hierarchies (cgroup v1), or in the only one. */
function cgroupsOf(label: string): string[] {
  const top = '/sys/fs/cgroup';
  const below = readdirSync(top, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [top, ...below.map(({ name }) => join(top, name))]
    .map((folder) => join(folder, label))
    .filter((folder) => existsSync(folder));
}

function removeCgroup(folder: string, until: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeCgroup(join(folder, entry.name), until);
  retry(until, `the cgroup ${folder}`, () => {
    try {
      rmdirSync(folder);
      return true;
    } catch (error) {
      // A process in it has not ended yet.
      if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
      throw error;
    }
  });
}

function retry(until: number, what: string, attempt: () => boolean): void {
  while (!attempt()) {
    if (performance.now() > until) throw new Error(`${what}: still there after ${PATIENCE_MS} ms`);
    Atomics.wait(SLEEPER, 0, 0, 20);
  }
}
const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

function command(name: string, ...args: string[]): string {
  return execFileSync(name, args, { env: ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
