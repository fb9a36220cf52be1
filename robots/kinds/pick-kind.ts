import type { Settings } from '../robots-settings.ts';
import { HttpKind } from './http.ts';
import type { Kind } from './kind.ts';
import { TcpKind } from './tcp.ts';
import { WsKind } from './ws.ts';

/** The kind that KIND names. */
export function kindOf(settings: Settings, authority: string): Kind {
  const { KIND, TARGET_PATH, SEED } = settings;
  if (KIND === 'tcp') return new TcpKind();
  if (KIND === 'http') return new HttpKind(authority, TARGET_PATH);
  return new WsKind(authority, TARGET_PATH, SEED);
}
