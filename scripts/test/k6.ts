import { ensureK6, type K6 } from '../../lab/runtimes/docker/stand-in/build-k6.ts';
import { beside } from './beside.ts';

export type K6Policy = 'required' | 'auto' | 'off';

/**
 * What RESETLAB_K6 asks for: `required` (no k6: the step fails), `auto` (no k6 and none can be built: its tests are
 * skipped) or `off`. Throws RangeError for any other value.
 */
export function k6Policy(env: NodeJS.ProcessEnv): K6Policy {
  const asked = env.RESETLAB_K6 || 'auto';
  if (asked === 'required' || asked === 'auto' || asked === 'off') return asked;
  throw new RangeError(`RESETLAB_K6=${asked} is not known: required, auto or off`);
}

let begun: Promise<K6> | undefined;

/** Begins to make k6 available: where it has to be built, that goes on beside the steps before. */
export function beginK6(signal?: AbortSignal): Promise<K6> {
  begun ??= beside(ensureK6(signal));
  return begun;
}

/** What the specs that need k6 get in their environment: where it is, or why there is none. */
export async function k6Environment(): Promise<NodeJS.ProcessEnv> {
  if (k6Policy(process.env) === 'off') return { RESETLAB_K6_MISSING: 'RESETLAB_K6=off' };
  const k6 = await beginK6();
  return 'path' in k6 ? { K6: k6.path } : { RESETLAB_K6_MISSING: k6.reason };
}
