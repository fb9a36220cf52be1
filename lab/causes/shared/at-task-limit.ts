import type { Facts } from './cause.ts';

/** Is it the limit that turned connections away? Then it is no cap of the server's own. */
export function isAtTaskLimit({ outside, gateway }: Pick<Facts, 'outside' | 'gateway'>): boolean {
  if ((gateway.byReason['process-limit'] ?? 0) > 0) return true;
  const { own, full, ends = [] } = outside?.taskLimit ?? {};
  return own === true && full !== undefined && ends.length > 0;
}

/** May it be the limit that turned them away? It was reached meanwhile, and whose forks were refused is not known. */
export function mayBeTaskLimit(outside: Facts['outside']): boolean {
  const { own, full, ends = [] } = outside?.taskLimit ?? {};
  return own === false && full !== undefined && ends.length > 0;
}
