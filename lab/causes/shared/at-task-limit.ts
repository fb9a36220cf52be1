import type { Facts } from './cause.ts';

/** Did the limit of processes and threads turn connections away? Then it was no cap of the server's own. */
export function isAtTaskLimit({ outside, gateway }: Pick<Facts, 'outside' | 'gateway'>): boolean {
  if ((gateway.byReason['process-limit'] ?? 0) > 0) return true;
  const { own, full, ends = [] } = outside?.taskLimit ?? {};
  return own === true && full !== undefined && ends.length > 0;
}

/** May that limit have turned them away? It was reached in that time, but nobody knows whose forks were refused. */
export function mayBeTaskLimit(outside: Facts['outside']): boolean {
  const { own, full, ends = [] } = outside?.taskLimit ?? {};
  return own === false && full !== undefined && ends.length > 0;
}
