import { UsageError } from '../../common/errors.ts';
import type { SettingName } from './schema.ts';
import type { ResolvedSettings } from './setting-sources.ts';

/** The one line for a setting that cannot be had: where it was given, its value, and `why`, which ends with what is allowed. */
export function refused({ values, where }: ResolvedSettings, name: SettingName, why: string): UsageError {
  return new UsageError(`${where[name] ?? 'the scenario'}: ${name}=${values[name]}: ${why}`);
}

/** Throws UsageError for users who are to come through a published port where nothing publishes one. */
export function refusePublished(settings: ResolvedSettings, runtime: string): void {
  if (settings.values.via !== 'published') return;
  throw refused(settings, 'via', `${runtime} publishes no port; allowed: direct, or --runtime docker`);
}
