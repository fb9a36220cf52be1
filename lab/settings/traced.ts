import type { Settings } from './schema.ts';

/** Each gateway has a trace of its own, and the kernel tells each of the accepts and resets of all. */
export const MOST_TRACED = { users: 20_000, gateways: 16 } as const;

/** Whether the resets of so many users are traced, where they can be. */
export function isTraced({ users, gateways }: Pick<Settings, 'users' | 'gateways'>): boolean {
  return gateways === 1 || (users <= MOST_TRACED.users && gateways <= MOST_TRACED.gateways);
}
