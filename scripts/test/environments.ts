import { baseOrigin, imageNow, isThere, pull } from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { ensureK6 } from '../../lab/runtimes/docker/stand-in/build-k6.ts';
import { ensureBrowser } from '../browser/ensure.ts';
import { type Engine, ensureEngine } from '../engine/ensure.ts';
import { beside, once } from './beside.ts';

/** What is to be when something is missing: `required`: the step fails; `auto`: its tests are skipped; `off`: it is not looked for. */
export type Policy = 'required' | 'auto' | 'off';

/** What a variable such as RESETLAB_K6 asks for. Throws RangeError for a value that is none of the three. */
export function policyOf(variable: string, env: NodeJS.ProcessEnv, otherwise: Policy = 'auto'): Policy {
  const asked = env[variable] || otherwise;
  if (asked === 'required' || asked === 'auto' || asked === 'off') return asked;
  throw new RangeError(`${variable}=${asked} is not known: required, auto or off`);
}

/** What RESETLAB_DOCKER asks for; without it, a CI machine requires an engine. Throws RangeError. */
export function dockerPolicy(env: NodeJS.ProcessEnv): Policy {
  const isCi = env.CI && env.CI !== 'false' && env.CI !== '0';
  return policyOf('RESETLAB_DOCKER', env, isCi ? 'required' : 'auto');
}

/** Makes the engine available, unless that is not wanted. */
export async function prepareEngine(asked: Policy): Promise<Engine> {
  return asked === 'off' ? { available: false, reason: 'RESETLAB_DOCKER=off' } : ensureEngine();
}

/** What the specs that need an engine get in their environment. */
export async function dockerEnvironment(engine: Engine): Promise<NodeJS.ProcessEnv> {
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
  return (await imageNow(baseOrigin()))?.state === 'stand-in' || (await pull(image)) !== undefined;
}

/** Begins to make a browser available: where it has to be installed, that goes on beside the steps before. */
export const beginBrowser = once(() => ensureBrowser());

/**
 * What the specs that look at pages get in their environment: the browser, or why there is none. Throws when
 * RESETLAB_BROWSER=required and there is none.
 */
export async function browserEnvironment(): Promise<NodeJS.ProcessEnv> {
  const policy = policyOf('RESETLAB_BROWSER', process.env);
  if (policy === 'off') return { RESETLAB_BROWSER_MISSING: 'RESETLAB_BROWSER=off' };
  const browser = await beginBrowser();
  if ('path' in browser) return { CHROME_PATH: browser.path };
  if (policy === 'required') throw new Error(browser.reason);
  return { RESETLAB_BROWSER_MISSING: browser.reason };
}

/** Begins to make k6 available: where it has to be built, that goes on beside the steps before. */
export const beginK6 = once((signal?: AbortSignal) => beside(ensureK6(signal)));

/** What the specs that need k6 get in their environment: where it is, or why there is none. */
export async function k6Environment(): Promise<NodeJS.ProcessEnv> {
  if (policyOf('RESETLAB_K6', process.env) === 'off') return { RESETLAB_K6_MISSING: 'RESETLAB_K6=off' };
  const k6 = await beginK6();
  return 'path' in k6 ? { K6: k6.path } : { RESETLAB_K6_MISSING: k6.reason };
}
