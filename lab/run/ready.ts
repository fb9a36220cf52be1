import type { Driver } from '../drivers/driver.ts';
import { type Runtime, spansMachines } from '../runtimes/runtime.ts';
import { checkCapacity } from '../settings/capacity.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';

/**
 * Sees that these settings can be run so, and makes what that takes: an image, k6. Throws UsageError or CannotRunError, and the
 * reason of an abort.
 */
export async function makeReady(
  settings: ResolvedSettings,
  runtime: Runtime,
  driver: Driver,
  signal?: AbortSignal,
): Promise<void> {
  const ownNamespace = runtime.name !== 'native';
  driver.refuse?.(runtime.name);
  checkCapacity(settings, ownNamespace, { elsewhere: spansMachines(runtime.name) });
  driver.check(settings, ownNamespace);
  await runtime.check(settings, signal);
  await driver.ready(runtime, signal);
  signal?.throwIfAborted();
}
