import type { Facts, UserLine } from './cause.ts';

/** Nothing of this user reached the server's TCP: no handshake, and no queue dropped one; or not one byte after the handshake. */
export function unheard(user: UserLine, facts: Facts): boolean {
  const line = facts.connectionOf(user);
  if (user.stage !== 'connect') return line !== undefined && (line.received?.is ?? 0) === 0 && isQuiet(facts);
  return line?.complete === undefined && isQuiet(facts);
}

/** No queue of the server dropped anything, and the server was neither stopped nor stalled. */
function isQuiet({ counter, outside, gateway, stalls }: Facts): boolean {
  const drops = outside ? outside.drops : counter('TcpExt ListenDrops');
  return drops === 0 && gateway.stoppedMs === 0 && stalls.length === 0;
}
