import { baseOrigin, imageNow, isThere, pull } from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { type Engine, ensureEngine } from '../engine/ensure.ts';

export type Policy = 'required' | 'auto' | 'off';

/**
 * What RESETLAB_DOCKER asks for: `required` (no engine: the run fails), `auto` (no engine: those tests are skipped) or
 * `off`. Without it, a CI machine requires. Throws RangeError for any other value.
 */
export function policy(env: NodeJS.ProcessEnv): Policy {
  const asked = env.RESETLAB_DOCKER;
  if (asked === 'required' || asked === 'auto' || asked === 'off') return asked;
  if (asked) throw new RangeError(`RESETLAB_DOCKER=${asked} is not known: required, auto or off`);
  return env.CI && env.CI !== 'false' && env.CI !== '0' ? 'required' : 'auto';
}

/** Makes the engine available, unless that is not wanted. */
export async function prepare(asked: Policy): Promise<Engine> {
  if (asked === 'off') return { available: false, reason: 'RESETLAB_DOCKER=off' };
  return ensureEngine();
}

/** What the docker tests get in their environment. */
export async function environment(engine: Engine): Promise<NodeJS.ProcessEnv> {
  if (!engine.available) return { RESETLAB_DOCKER_MISSING: engine.reason };
  return (await reaperIsMissing()) ? { TESTCONTAINERS_RYUK_DISABLED: 'true' } : {};
}

/**
 * Whether testcontainers' reaper cannot be used. Its image comes from a registry; where the base image is a stand-in
 * no registry answers, so none is asked again.
 */
async function reaperIsMissing(): Promise<boolean> {
  const { getReaperImage } = await import('testcontainers/build/reaper/reaper.js');
  const image = getReaperImage();
  if (await isThere(image)) return false;
  if ((await imageNow(baseOrigin()))?.state === 'stand-in') return true;
  return (await pull(image)) !== undefined;
}
