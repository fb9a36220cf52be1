import { defined } from '../../common/defined.ts';
import type { ConnectionLine } from '../../protocol/connection-events.ts';
import { type ConnectionRow, lineOf, remoteOf } from '../../protocol/connection-rows.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { rowsOf } from '../evidence/ledger/ledger.ts';
import { ByPlace, peerOf } from '../evidence/place-of-user.ts';
import { clockErrorOf } from './clock-error.ts';
import { failedAt } from './user-groups.ts';

/** The connection of one of our failed users, as the server's kernel shows it; undefined: not recorded. */
export type ConnectionOf = (user: UserLine) => ConnectionLine | undefined;

/**
 * How exact a user's own clock is, and the moment at which it reads an event, ms. If longer, a connection that uses the port again at
 * once is taken for it.
 */
const CLOCK_MS = 20;

/**
 * Finds them by port, and by address where the users' lines tell it; where a port was used again, the last one. Without addresses users of
 * several may share a port: for one that never connected none is found where another connected from that port. The ledger is read once, at
 * the first call; only the connections of failed users are kept.
 */
export function connectionOfUser(
  { ledger, fleet, clocks }: Pick<Evidence, 'ledger' | 'fleet' | 'clocks'>,
  failed: Iterable<UserLine>,
): ConnectionOf {
  const lateMs = CLOCK_MS + clockErrorOf(defined({ clocks }));
  // As rows: a burst has many, and a line takes ten times as much memory.
  let found: Map<number, ConnectionRow[]> | undefined;
  const connected = new ByPlace<true>();
  const find = () => {
    const byPort = new Map<number, ConnectionRow[]>();
    const ports = new Set<number>();
    for (const { port } of failed) if (port !== undefined) ports.add(port);
    if (ports.size === 0) return byPort;
    for (const { port, address, connectedMs } of fleet.users)
      if (port !== undefined && connectedMs !== undefined && ports.has(port))
        connected.set({ port, address }, true);
    for (const row of rowsOf(ledger)) {
      const port = portIn(remoteOf(row)) ?? 0;
      if (!ports.has(port)) continue;
      // Most ports have one: an array that grows begins with room for many.
      const before = byPort.get(port);
      if (before === undefined) byPort.set(port, [row]);
      else before.push(row);
    }
    return byPort;
  };
  const lookUp = (user: UserLine) => {
    if (user.port === undefined) return undefined;
    found ??= find();
    if (user.connectedMs === undefined && connected.has(user)) return undefined;
    const until = failedAt(user) + lateMs;
    const isFrom = ({ remote }: ConnectionLine) =>
      user.address === undefined || remote === undefined || peerOf(remote).address === user.address;
    const began = ({ complete }: ConnectionLine) =>
      complete === undefined || complete.is - (complete.within ?? 0) <= until;
    return found
      .get(user.port)
      ?.map(lineOf)
      .findLast((line) => isFrom(line) && began(line));
  };
  // One cause after the other asks for the same user.
  let last: { user: UserLine; line: ConnectionLine | undefined } | undefined;
  return (user) => {
    if (last?.user !== user) last = { user, line: lookUp(user) };
    return last.line;
  };
}

/** The port of the client; undefined where the kernel had wiped it. */
export function clientPortOf({ remote }: Pick<ConnectionLine, 'remote'>): number | undefined {
  return portIn(remote);
}

function portIn(remote: string | undefined): number | undefined {
  return remote === undefined ? undefined : Number(remote.slice(remote.lastIndexOf(':') + 1));
}
