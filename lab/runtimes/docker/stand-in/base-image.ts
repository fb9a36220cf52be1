import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../../common/own-files.ts';
import { lastLine, progress, run } from '../../../../common/run-command.ts';

/** The image that the Dockerfile starts from: the same as its `ARG BASE`, as test/scripts/image.spec.ts sees to. */
export const BASE_IMAGE =
  'node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6';
/** Label of an image that stands in for another where no registry can be reached: the hash of what it was made of. */
export const STAND_IN_LABEL = 'resetlab.stand-in';

const BASH = '/bin/bash';
const SCRIPT = join(PROJECT_ROOT, 'docker/base-image.sh');

/** An image that a build starts from. */
export interface Origin {
  /** As its publisher names it, by digest: NAME:TAG@sha256:… */
  official: string;
  /** The name, of our own, of what stands in for it; undefined where none can be made. */
  standIn: string | undefined;
}

/** `present`: of its publisher; `stand-in`: made here. */
export type ImageState = 'missing' | 'present' | 'stand-in';

/** The image to build on, and a note where it is not the official one. */
export interface Chosen {
  image: string;
  state: Exclude<ImageState, 'missing'>;
  note?: string;
}

/** Asked for at every start of a run on docker, and the same each time. */
let standIn: { name: string | undefined } | undefined;

/** Where the Dockerfile's base comes from. */
export function baseOrigin(): Origin {
  standIn ??= { name: askScript() };
  return { official: BASE_IMAGE, standIn: standIn.name };
}

/** The script alone knows what it makes the stand-in of. */
function askScript(): string | undefined {
  if (process.platform !== 'linux' || !existsSync(BASH)) return undefined;
  try {
    return execFileSync(BASH, [SCRIPT, '--name'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    // No Node package for this processor.
    return undefined;
  }
}

/** NAME:TAG of NAME:TAG@DIGEST. */
export function tagOf(official: string): string {
  return official.split('@')[0] as string;
}

/** All that may be built on, the best first: by digest, by the tag alone, the stand-in. */
export function candidates({ official, standIn }: Origin): string[] {
  return [official, tagOf(official), ...(standIn === undefined ? [] : [standIn])];
}

/** True when `image` is in the engine. */
export async function isThere(image: string): Promise<boolean> {
  return (await labelOf(image)) !== undefined;
}

/** Whether an image was made here to stand in for another, whatever its name. */
export async function isStandIn(image: string): Promise<boolean> {
  return Boolean(await labelOf(image));
}

/** The label of a stand-in, empty for any other image; undefined when there is none of this name. */
async function labelOf(image: string): Promise<string | undefined> {
  const label = `{{index .Config.Labels "${STAND_IN_LABEL}"}}`;
  const ran = await run('docker', ['image', 'inspect', '--format', label, image], { timeoutMs: 5000 });
  return ran.code === 0 ? ran.stdout.trim() : undefined;
}

/** What is in the engine to build on; undefined: nothing. Changes nothing. */
export async function imageNow({ official, standIn }: Origin): Promise<Chosen | undefined> {
  if (await isThere(official)) return { image: official, state: 'present' };
  const tag = tagOf(official);
  // Loaded by hand, from a file, it has no digest. Earlier versions of ours gave this tag to their stand-ins.
  if ((await labelOf(tag)) === '')
    return {
      image: tag,
      state: 'present',
      note: `${tag} is used by its tag, since its digest cannot be pulled`,
    };
  if (standIn === undefined || !(await isThere(standIn))) return undefined;
  return { image: standIn, state: 'stand-in', note: `${standIn} stands in for ${tag}` };
}

/**
 * Makes an image to build on available: the official one, from its registry, by its digest; where that does not answer
 * one with its tag; and where there is none, a stand-in with a name of our own, which `make` makes. An official tag is never
 * written. With a stand-in in place no registry is asked. Throws with the reason when there is nothing to be had, or with that
 * of an abort.
 */
export async function ensureOrigin(
  origin: Origin,
  make: (name: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<Chosen> {
  const { official, standIn } = origin;
  const now = await imageNow(origin);
  if (now && (now.image === official || (standIn !== undefined && (await isThere(standIn))))) return now;
  const failed = await pull(official, signal);
  if (failed === undefined) return { image: official, state: 'present' };
  if (now) return now;
  const tag = tagOf(official);
  if (standIn === undefined) throw new Error(`${official} cannot be pulled (${failed})`);
  progress(`${failed}: making ${standIn}, a stand-in for ${tag}`);
  await make(standIn).catch((error: Error) => {
    signal?.throwIfAborted();
    throw new Error(`${tag} can neither be pulled (${failed}) nor made here (${error.message})`);
  });
  return {
    image: standIn,
    state: 'stand-in',
    note: `${standIn} stands in for ${tag}: its registry does not answer`,
  };
}

/**
 * Pulls an image. Gives up when the registry says nothing for 10 s; once layers come, a slow line may take 10 minutes.
 * Gives the reason when it failed. Throws the reason of an abort.
 */
export async function pull(image: string, signal?: AbortSignal): Promise<string | undefined> {
  progress(`docker pull ${image}`);
  const ran = await run('docker', ['pull', image], {
    silentMs: 10_000,
    timeoutMs: 600_000,
    signal,
  });
  signal?.throwIfAborted();
  return ran.code === 0 ? undefined : lastLine(ran);
}

/** Makes the base image available: see `ensureOrigin`. */
export function ensureBaseImage(signal?: AbortSignal): Promise<Chosen> {
  const make = async (name: string) => {
    const ran = await run(BASH, [SCRIPT, name], { timeoutMs: 300_000, signal });
    signal?.throwIfAborted();
    if (ran.code !== 0) throw new Error(lastLine(ran));
  };
  return ensureOrigin(baseOrigin(), make, signal);
}

/** What earlier versions of ours gave to their stand-ins. */
const FORMER_TAGS = ['node:24-bookworm-slim', 'grafana/k6:2.2.0'];

/**
 * Takes an official tag off a stand-in that an earlier version of ours made: every other build of this engine would start
 * from it. A tag of an image without our label is left alone. Gives the tags.
 */
export async function giveTagsBack(tags: readonly string[] = FORMER_TAGS): Promise<string[]> {
  const given: string[] = [];
  for (const tag of tags) {
    if (!(await isStandIn(tag))) continue;
    const ran = await run('docker', ['image', 'rm', '--no-prune', tag], { timeoutMs: 30_000 });
    if (ran.code === 0) given.push(tag);
  }
  return given;
}
