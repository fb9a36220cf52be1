import type { Field } from '../diagnose/healthy/field.ts';
import { made } from './made.ts';
import { program } from './our-programs.ts';
import { PORT } from './situation.ts';

/** How many users of `hold.ts` ended how, or were told what first. */
export type Account = Record<string, number>;

export const REQUEST = 'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n';
export const UPGRADE =
  'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n';

/** So many users, one each `gapMs`, who say something and stay while they hear a word each `holdMs`. Gives their own account. */
export async function hold(
  field: Field,
  users: number,
  gapMs: number,
  holdMs: number,
  says = '',
  { port = PORT, from }: { port?: number; from?: 'users' | 'beside' } = {},
): Promise<Account> {
  const given = { USERS: users, GAP_MS: gapMs, HOLD_MS: holdMs, SAYS: says };
  return JSON.parse(await field.visit(program('hold.ts'), port, given, from)) as Account;
}

/** How many of them ended in one of these ways. */
export function ended(account: Account, ...ways: string[]): number {
  return ways.reduce((sum, way) => sum + (account[way] ?? 0), 0);
}

/** Throws NotMade unless so many users ended in these ways. */
export function madeFor(account: Account, atLeast: number, ...ways: string[]): void {
  made(
    ended(account, ...ways) >= atLeast,
    `${ended(account, ...ways)} of ${atLeast} users: ${ways.join(', ')}; ${JSON.stringify(account)}`,
  );
}

/** Short requests of curl from where the users are: all answered, or throws NotMade. */
export async function curls(
  field: Field,
  times: number,
  { many = 1, everyMs = 0, scheme = 'http' } = {},
): Promise<void> {
  const url = `${scheme}://${field.address}:${PORT}/`;
  const given = { URL: url, TIMES: times, MANY: many, EVERY_MS: everyMs };
  const account = JSON.parse(await field.visit(program('curls.ts'), PORT, given)) as Account;
  madeFor(account, times, '200');
}
