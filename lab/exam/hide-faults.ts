import type { Evidence } from '../evidence/evidence.ts';
import { type SettingName, settingsSchema } from '../settings/schema.ts';

/** What makes a failure on purpose. Nobody tells such a thing of a server that fails by itself. */
const FAULTS: readonly SettingName[] = [
  'stall_at_users',
  'stall_ms',
  'crash_at_users',
  'restart_at_users',
  'restart_ms',
  'restart_drain_ms',
  'max_connections',
  'cap_silent',
  'close_unread_ms',
  'bet_cost_ms',
  'handshake_cost_ms',
  'user_kb',
  'broadcast_kb',
  'stop_ms',
];

/** The same evidence, in which those settings read as if nobody had set them. */
export function sealed(evidence: Evidence): Evidence {
  const unset: Record<string, unknown> = settingsSchema.parse({});
  const hidden = Object.fromEntries(FAULTS.map((name) => [name, unset[name]]));
  return { ...evidence, asked: { ...evidence.asked, ...hidden } };
}
