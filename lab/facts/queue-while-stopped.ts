import type { UserLine } from '../../protocol/fleet-events.ts';

/** Users in the queue of a gateway that was kept stopped while they arrived. */
export interface Held {
  /** Users whose connection was in the queue while the gateway was stopped. */
  heldAtOnce: number;
  /** Those of them whom nothing but their own patience ended: past the queue there may be another limit. */
  servedAtOnce: number;
}

/**
 * @param to when the gateway went on
 * @param resets the queue itself resets whom it has no room for: then a user that was reset is not one that it held
 */
export function heldWhileStopped(users: readonly UserLine[], to: number, resets: boolean): Held {
  const held = users.filter((user) => connectedAt(user) <= to && !(resets && user.outcome === 'reset'));
  const served = held.filter(({ outcome }) => outcome === 'open' || outcome === 'timeout');
  return { heldAtOnce: held.length, servedAtOnce: served.length };
}

function connectedAt({ startedAt, connectedMs }: UserLine): number {
  return startedAt + (connectedMs ?? Number.POSITIVE_INFINITY);
}
