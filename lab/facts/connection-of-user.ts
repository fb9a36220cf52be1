import type { ConnectionLine } from '../../protocol/connection-events.ts';
import { type ConnectionRow, lineOf, rowOf } from '../../protocol/connection-rows.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { failedAt } from './user-groups.ts';

/** The connection of a failed user of ours, as the server's kernel tells it; undefined: nobody told of it. */
export type ConnectionOf = (user: UserLine) => ConnectionLine | undefined;

/** A user's own clock, and the moments at which it reads of things, are as exact as this, ms. Longer, and a port that is used again at once is taken for it. */
const CLOCK_MS = 20;

/**
 * Finds them by port, the last where one was used again. Users of several addresses may have one port: of one that never connected none
 * is found where another one did from that port. What is gone through is the ledger, once, when somebody asks first; only the connections
 * of failed users are kept.
 */
export function connectionOfUser(
  { ledger, fleet }: Pick<Evidence, 'ledger' | 'fleet'>,
  failed: Iterable<UserLine>,
): ConnectionOf {
  // As rows: of a burst there are many, and a line takes ten times as much.
  let found: Map<number, ConnectionRow[]> | undefined;
  const connected = new Set<number>();
  const find = () => {
    const byPort = new Map<number, ConnectionRow[]>();
    for (const { port } of failed) if (port !== undefined) byPort.set(port, []);
    if (byPort.size === 0) return byPort;
    for (const { port, connectedMs } of fleet.users)
      if (port !== undefined && connectedMs !== undefined && byPort.has(port)) connected.add(port);
    for (const line of connectionsOf(ledger)) byPort.get(clientPortOf(line) ?? 0)?.push(rowOf(line));
    return byPort;
  };
  return (user) => {
    if (user.port === undefined) return undefined;
    found ??= find();
    if (user.connectedMs === undefined && connected.has(user.port)) return undefined;
    const until = failedAt(user);
    const began = ({ complete }: ConnectionLine) =>
      complete === undefined || complete.is - (complete.within ?? 0) <= until + CLOCK_MS;
    return found.get(user.port)?.map(lineOf).findLast(began);
  };
}

/** The port of the client's end; undefined where the kernel had wiped it. */
export function clientPortOf({ remote }: Pick<ConnectionLine, 'remote'>): number | undefined {
  return remote === undefined ? undefined : Number(remote.slice(remote.lastIndexOf(':') + 1));
}
