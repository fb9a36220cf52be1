import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { failedAt } from './user-groups.ts';

/** The connection of a failed user of ours, as the server's kernel tells it; undefined: nobody told of it. */
export type ConnectionOf = (user: UserLine) => ConnectionLine | undefined;

/** A user's own clock, and the moments at which it reads of things, are as exact as this, ms. Longer, and a port that is used again at once is taken for it. */
const CLOCK_MS = 20;

/**
 * Finds them by port, the last where one was used again. What is gone through is the ledger, once, when somebody asks first; only the
 * connections of failed users are kept.
 */
export function connectionOfUser(
  { ledger }: Pick<Evidence, 'ledger'>,
  failed: Iterable<UserLine>,
): ConnectionOf {
  let found: Map<number, ConnectionLine[]> | undefined;
  const find = () => {
    const byPort = new Map<number, ConnectionLine[]>();
    for (const { port } of failed) if (port !== undefined) byPort.set(port, []);
    if (byPort.size === 0) return byPort;
    for (const line of connectionsOf(ledger)) byPort.get(clientPortOf(line) ?? 0)?.push(line);
    return byPort;
  };
  return (user) => {
    if (user.port === undefined) return undefined;
    found ??= find();
    const until = failedAt(user);
    const began = ({ complete }: ConnectionLine) =>
      complete === undefined || complete.is - (complete.within ?? 0) <= until + CLOCK_MS;
    return found.get(user.port)?.findLast(began);
  };
}

/** The port of the client's end; undefined where the kernel had wiped it. */
export function clientPortOf({ remote }: Pick<ConnectionLine, 'remote'>): number | undefined {
  return remote === undefined ? undefined : Number(remote.slice(remote.lastIndexOf(':') + 1));
}
