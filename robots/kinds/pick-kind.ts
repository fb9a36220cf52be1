import type { Settings } from '../robots-settings.ts';
import { HttpKind } from './http.ts';
import type { Kind } from './kind.ts';
import { tcpKind } from './tcp.ts';
import { wsKind } from './ws.ts';

/** The kind that KIND names. */
export function kindOf(settings: Settings, authority: string): Kind {
  const { KIND, TARGET_PATH, SEED } = settings;
  if (KIND === 'tcp') return tcpKind;
  if (KIND === 'http') return new HttpKind(authority, TARGET_PATH);
  return wsKind(authority, TARGET_PATH, SEED);
}
