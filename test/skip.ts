import type { Runtime } from '../lab/runtimes/runtime.ts';

/** Skips the suite, saying why, where the runtime cannot be had; RESETLAB_DOCKER=required fails it instead. */
export function skipWhenMissing(runtime: Runtime): void {
  before(async function () {
    const missing = await runtime.missing();
    if (missing === undefined) return;
    if (runtime.name === 'docker' && process.env.RESETLAB_DOCKER === 'required') throw new Error(missing);
    console.log(`    skipped: ${missing}`);
    this.skip();
  });
}
