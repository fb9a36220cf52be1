import { UsageError } from '../../common/errors.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';

/** Throws UsageError for users who are to come through a published port where nothing publishes one. */
export function refusePublished({ values, where }: ResolvedSettings, runtime: string): void {
  if (values.via !== 'published') return;
  throw new UsageError(
    `${where.via ?? 'the scenario'}: via=published: ${runtime} publishes no port; allowed: direct, or --runtime docker`,
  );
}
