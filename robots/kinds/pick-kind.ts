import type { Settings } from '../robots-settings.ts';
import { Expected, Greeting } from './greeting.ts';
import { HttpKind } from './http.ts';
import type { Kind } from './kind.ts';
import { tcpTalk } from './tcp.ts';
import { wsKind } from './ws.ts';

/** The kind that KIND names, and what its users say as TARGET_OPTIONS tells. */
export function kindOf(settings: Settings, authority: string): Kind {
  const { KIND, TARGET_PATH, SEED } = settings;
  const { headers = [], subprotocols = [], send, expectFirst } = settings.TARGET_OPTIONS;
  const greeting = send === undefined ? undefined : new Greeting(send);
  const expected = expectFirst === undefined ? undefined : new Expected(expectFirst);
  if (KIND === 'tcp') return tcpTalk(greeting, expected);
  if (KIND === 'http') return new HttpKind(authority, TARGET_PATH, headers, expected);
  return wsKind(authority, TARGET_PATH, SEED, { headers, subprotocols, greeting, expected });
}
