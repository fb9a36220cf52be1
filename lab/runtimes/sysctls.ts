import { aboutSetting, settingsOf } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';

/** Kernel names and values of the sysctls that are set, e.g. `net.core.somaxconn`, `16`. */
export function sysctlsOf(settings: ResolvedSettings): [string, string][] {
  return settingsOf('sysctl').flatMap((key) => {
    const value = settings.values[key];
    if (value === undefined) return [];
    return [[aboutSetting(key).sysctl as string, Array.isArray(value) ? value.join(' ') : String(value)]];
  });
}
