import { CannotRunError } from '../../common/errors.ts';
import type { Driver } from '../drivers/driver.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { checkCapacity } from '../settings/capacity.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import type { System } from './comparison-document.ts';

/** How a system is measured here. */
export interface Means {
  runtime: Runtime;
  driver: Driver;
}

/** The kernel under a runtime: containers and namespaces are Linux wherever they are. Undefined for a host that is neither. */
export function systemUnder(runtime: string, platform: string = process.platform): System | undefined {
  if (runtime !== 'native') return 'linux';
  if (platform === 'darwin') return 'macos';
  return platform === 'linux' ? 'linux' : undefined;
}

/**
 * How the wanted systems are measured here; one that is absent has to be predicted. Throws CannotRunError when the runtime that was
 * named cannot be had or runs none of them, UsageError for settings that it cannot take.
 */
export async function meansOf(
  wanted: readonly System[],
  settings: ResolvedSettings,
  { runtime: name, driver, signal }: { runtime: string; driver: Driver; signal?: AbortSignal },
): Promise<Partial<Record<System, Means>>> {
  if (wanted.length === 0) return {};
  const chosen = await pickRuntime(name);
  // On a Mac the host is measured as well, beside containers.
  const candidates = name === 'auto' ? [chosen, await pickRuntime('native')] : [chosen];
  const means: Partial<Record<System, Means>> = {};
  for (const runtime of candidates) {
    const os = systemUnder(runtime.name);
    if (os === undefined || !wanted.includes(os) || means[os]) continue;
    checkCapacity(settings, runtime.name !== 'native');
    driver.check(settings);
    await runtime.check(settings, signal);
    await driver.ready(runtime, signal);
    means[os] = { runtime, driver };
  }
  if (name !== 'auto' && Object.keys(means).length === 0) {
    const has = systemUnder(name) ?? process.platform;
    throw new CannotRunError(
      `--runtime ${name}: measures ${has} here, and ${wanted.join(' and ')} is to be compared; get a run made there and give its folder, or leave --runtime out`,
    );
  }
  return means;
}
