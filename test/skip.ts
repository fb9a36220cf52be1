import type { Runtime } from '../lab/runtimes/runtime.ts';

/** Skips the test or, from a hook, the suite at work, and says why: here, and at the end of `npm test`. */
export function skip(context: Mocha.Context, why: string): never {
  console.log(`      skipped: ${why}`);
  Object.assign(context, { why });
  return context.skip();
}

/** Skips the suite, saying why, where the runtime cannot be had; RESETLAB_DOCKER=required fails it instead. */
export function skipWhenMissing(runtime: Runtime): void {
  before(async function () {
    const missing = await runtime.missing();
    if (missing === undefined) return;
    if (runtime.name === 'docker' && process.env.RESETLAB_DOCKER === 'required') throw new Error(missing);
    skip(this, missing);
  });
}

/** Skips the test or suite at work off Linux: it is about what Linux has, or is done with. */
export function skipOffLinux(context: Mocha.Context, what: string): void {
  if (process.platform !== 'linux') skip(context, `${what}: Linux only`);
}

/** The same for the suite around it. */
export function onLinuxOnly(what: string): void {
  before(function () {
    skipOffLinux(this, what);
  });
}
