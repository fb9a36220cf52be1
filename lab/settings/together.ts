import { refused } from './refused.ts';
import { DEFAULTS, type SettingName, type Settings } from './schema.ts';
import type { ResolvedSettings } from './setting-sources.ts';

interface Need {
  name: SettingName;
  met: (values: Settings) => boolean;
  allowed: string;
}

/** Settings that do nothing unless another is given. */
const NEEDS: readonly Need[] = [
  { name: 'waiting', met: ({ stop_ms }) => stop_ms > 0, allowed: '0, or with stop_ms above 0' },
  {
    name: 'leave_unread',
    met: ({ stay_ms }) => stay_ms > 0,
    allowed: '0, or with stay_ms above 0',
  },
  {
    name: 'cap_silent',
    met: ({ max_connections }) => max_connections > 0,
    allowed: '0, or with max_connections above 0',
  },
  {
    name: 'proxy_nofile',
    met: ({ via }) => via === 'published',
    allowed: 'nothing, or with via=published',
  },
  {
    name: 'pids_max',
    met: ({ process_per_user }) => process_per_user > 0,
    allowed: '0, or with process_per_user=1',
  },
  ...(['filter_beyond', 'filter_per_second'] as const).map((name) => ({
    name,
    met: ({ packet_filter }: Settings) => packet_filter !== 'none',
    allowed: `${DEFAULTS[name]}, or with packet_filter=drop, reject, reset or cut`,
  })),
  { name: 'rp_filter', met: ({ way_back }) => way_back === 'other', allowed: '0, or with way_back=other' },
  { name: 'requests', met: ({ kind }) => kind === 'http', allowed: '1, or with kind=http' },
  {
    name: 'restart_drain_ms',
    met: ({ restart_at_users }) => restart_at_users > 0,
    allowed: '0, or with restart_at_users above 0',
  },
];

/** Throws UsageError for a setting that would do nothing as the others are. */
export function checkTogether(settings: ResolvedSettings): void {
  for (const { name, met, allowed } of NEEDS) {
    if (settings.values[name] === DEFAULTS[name] || met(settings.values)) continue;
    throw refused(settings, name, `does nothing here; allowed: ${allowed}`);
  }
}
