import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CannotRunError, messageOf } from '../../../common/errors.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { type CgroupPlace, type Controller, cgroupOf } from '../../../system/cgroup.ts';
import { readText } from '../../../system/read.ts';
import { refused } from '../../settings/refused.ts';
import type { Settings } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { newLabel } from '../label.ts';

/** The settings that a cgroup holds the gateway to. */
const CGROUP_SETTINGS = ['cpus', 'memory_mb', 'pids_max'] as const;

const CONTROLLER: Record<(typeof CGROUP_SETTINGS)[number], Controller> = {
  cpus: 'cpu',
  memory_mb: 'memory',
  pids_max: 'pids',
};

/** A folder below which a cgroup can be made, and the controllers that it gets there. */
interface Parent {
  version: 1 | 2;
  folder: string;
  controllers: Controller[];
}

/**
 * Where cgroups with these controllers go: with v1 below this process's own, in each controller's hierarchy; with v2 below
 * the nearest one that hands all of them on, since a v2 cgroup with processes in it may not (kernel
 * Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint"). A string says what is missing.
 */
export function parentsFor(controllers: readonly Controller[]): Parent[] | string {
  const places = controllers.map((controller) => ({ controller, place: cgroupOf(controller) }));
  const parents: Parent[] = [];
  for (const { controller, place } of places) {
    if (place === undefined) return `this system has no ${controller} cgroups`;
    const needed =
      place.version === 1
        ? [controller]
        : places.flatMap((other) => (other.place?.version === 2 ? [other.controller] : []));
    const folder = place.version === 1 ? place.folder : handingOn(place, needed);
    if (folder === undefined)
      return `no cgroup above this process has ${needed.join(' and ')} in its cgroup.subtree_control`;
    const known = parents.find((parent) => parent.folder === folder);
    if (known) known.controllers.push(controller);
    else parents.push({ version: place.version, folder, controllers: [controller] });
  }
  return parents;
}

function handingOn({ top, folder }: CgroupPlace, needed: readonly Controller[]): string | undefined {
  for (let at = folder; at.length >= top.length; at = dirname(at)) {
    const handed = readText(join(at, 'cgroup.subtree_control'))?.trim().split(' ');
    if (handed && needed.every((controller) => handed.includes(controller))) return at;
    if (handed === undefined || at === '/') return undefined;
  }
  return undefined;
}

/** Throws UsageError when `cpus`, `memory_mb` or `pids_max` is asked for and no cgroup can be made here: tried with an empty one. */
export async function checkCgroups(settings: ResolvedSettings): Promise<void> {
  const wanted: Controller[] = [];
  for (const name of CGROUP_SETTINGS) {
    if (settings.values[name] === 0) continue;
    // With those before it: one v2 cgroup has to have them all.
    wanted.push(CONTROLLER[name]);
    const parents = parentsFor(wanted);
    const why = typeof parents === 'string' ? parents : await tryOut(parents, settings.values);
    if (why === undefined) continue;
    throw refused(
      settings,
      name,
      `${why}; allowed: 0, or as root with cgroups that can be written, or --runtime docker`,
    );
  }
}

async function tryOut(parents: readonly Parent[], values: Settings): Promise<string | undefined> {
  const made: string[] = [];
  try {
    make(parents, newLabel(), values, made);
    return undefined;
  } catch (error) {
    return `no cgroup can be made here (${messageOf(error)})`;
  } finally {
    await removeCgroups(made);
  }
}

/**
 * Makes the cgroups that hold a gateway to its `cpus`, `memory_mb` and `pids_max`, named by the label; none when neither is set.
 * Gives their folders: a process joins by writing to `cgroup.procs` of each. Throws CannotRunError.
 */
export async function makeCgroups(values: Settings, label: string): Promise<string[]> {
  const controllers = CGROUP_SETTINGS.filter((name) => values[name] > 0).map((name) => CONTROLLER[name]);
  const parents = parentsFor(controllers);
  const made: string[] = [];
  try {
    if (typeof parents === 'string') throw new Error(parents);
    make(parents, label, values, made);
    return made;
  } catch (error) {
    await removeCgroups(made);
    throw new CannotRunError(`cgroup: ${messageOf(error)}`);
  }
}

function make(parents: readonly Parent[], label: string, values: Settings, made: string[]): void {
  for (const { version, folder, controllers } of parents) {
    const own = join(folder, label);
    mkdirSync(own);
    made.push(own);
    for (const controller of controllers) {
      for (const [file, value] of Object.entries(filesOf(values)[controller][version])) {
        const path = join(own, file);
        // Where swap is not accounted its file is missing.
        if (!SWAP.has(file) || existsSync(path)) writeFileSync(path, String(value));
      }
    }
  }
}

/** Period of a CPU quota, µs: the kernel's own default (kernel/sched/fair.c default_cfs_period). */
const PERIOD_MICROS = 100_000;

/** With v2 swap is accounted apart, with v1 memory and swap together. */
const SWAP = new Set(['memory.swap.max', 'memory.memsw.limit_in_bytes']);

/** What is written to hold a cgroup to these limits, in this order. */
function filesOf({
  cpus,
  memory_mb,
  pids_max,
}: Settings): Record<Controller, Record<1 | 2, Record<string, unknown>>> {
  const quota = Math.round(cpus * PERIOD_MICROS);
  const bytes = memory_mb * 2 ** 20;
  return {
    cpu: {
      1: { 'cpu.cfs_period_us': PERIOD_MICROS, 'cpu.cfs_quota_us': quota },
      2: { 'cpu.max': `${quota} ${PERIOD_MICROS}` },
    },
    memory: {
      1: { 'memory.limit_in_bytes': bytes, 'memory.memsw.limit_in_bytes': bytes },
      2: { 'memory.max': bytes, 'memory.swap.max': 0 },
    },
    pids: { 1: { 'pids.max': pids_max }, 2: { 'pids.max': pids_max } },
  };
}

const REMOVE_MS = 3000;

/**
 * Removes cgroups whose processes have ended or are about to. Gives those that are gone; one that is still in use after
 * 3 s stays.
 */
export async function removeCgroups(folders: readonly string[]): Promise<string[]> {
  const gone: string[] = [];
  const until = performance.now() + REMOVE_MS;
  for (const folder of folders) {
    const patience = { everyMs: 20, forMs: until - performance.now() };
    if (await retryUntil(() => isRemoved(folder), patience)) gone.push(folder);
  }
  return gone;
}

/** Undefined while it is in use. */
function isRemoved(folder: string): boolean | undefined {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    // EBUSY: a process in it has not ended yet.
    return (error as NodeJS.ErrnoException).code === 'EBUSY' ? undefined : false;
  }
}
