import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lastLine, progress, run } from './run.ts';

/** The image that the Dockerfile starts from. */
export const BASE_IMAGE = 'node:24-bookworm-slim';
/** Label of the image that stands in for it where no registry can be reached: the hash of the script that made it. */
export const STAND_IN_LABEL = 'resetlab.stand-in';

const SCRIPT = fileURLToPath(new URL('../base-image.sh', import.meta.url));

export type ImageState = 'missing' | 'present' | 'stand-in' | 'old stand-in';

/** Whether `image` is in the engine, and whether it is the real one or a stand-in, made by today's script or an older. */
export async function imageState(image = BASE_IMAGE): Promise<ImageState> {
  const label = `{{index .Config.Labels "${STAND_IN_LABEL}"}}`;
  const ran = await run('docker', ['image', 'inspect', '--format', label, image], { timeoutMs: 5000 });
  if (ran.code !== 0) return 'missing';
  const madeBy = ran.stdout.trim();
  if (madeBy === '') return 'present';
  return madeBy === scriptHash() ? 'stand-in' : 'old stand-in';
}

/** As scripts/base-image.sh takes it of itself. */
function scriptHash(): string {
  return createHash('sha256').update(readFileSync(SCRIPT)).digest('hex').slice(0, 12);
}

/**
 * Pulls an image. Gives up when the registry says nothing for 10 s; once layers come, a slow line may take 10 minutes.
 * Gives the reason when it failed.
 */
export async function pull(image: string): Promise<string | undefined> {
  progress(`docker pull ${image}`);
  const ran = await run('docker', ['pull', image], {
    silentMs: 10_000,
    timeoutMs: 600_000,
  });
  return ran.code === 0 ? undefined : lastLine(ran);
}

/**
 * Makes the base image available: as it is, from its registry, or as a stand-in; a stand-in that an earlier script made is
 * made anew, a pulled image is never touched. Gives a note or throws.
 */
export async function ensureBaseImage(): Promise<string | undefined> {
  const state = await imageState();
  if (state === 'stand-in') return `${BASE_IMAGE} is a stand-in made here (see scripts/base-image.sh)`;
  if (state === 'present') return undefined;
  const failed = await pull(BASE_IMAGE);
  if (!failed) return undefined;
  progress(`${failed}: making a stand-in for ${BASE_IMAGE}`);
  if (!existsSync('/bin/bash')) throw new Error(`${BASE_IMAGE} can not be pulled (${failed})`);
  const ran = await run('/bin/bash', [SCRIPT, BASE_IMAGE], {
    timeoutMs: 300_000,
  });
  if (ran.code !== 0)
    throw new Error(`${BASE_IMAGE} can neither be pulled (${failed}) nor be made here (${lastLine(ran)})`);
  return `${BASE_IMAGE} is a stand-in made here: its registry does not answer`;
}
