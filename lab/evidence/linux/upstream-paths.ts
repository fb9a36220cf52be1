import type { UpstreamQueue } from '../../../protocol/upstream-events.ts';
import type { UnixSocket } from '../../../system/ss-unix.ts';

/**
 * The UNIX listeners that a server connects to, by the sockets it holds: whom accept(2) has taken has the listener's path at the other
 * end. Of those that still wait the kernel names no other end; where all of them are the server's, and as many as wait in the one queue
 * that is full, that is its upstream as well. `paths`: those that were found so far, to which is added.
 */
export function upstreamsOf(
  all: readonly UnixSocket[],
  held: ReadonlySet<string>,
  paths: Set<string>,
): UpstreamQueue[] {
  const own = all.filter(({ inode, listens }) => held.has(inode) && !listens);
  if (own.length === 0 && paths.size === 0) return [];
  const byInode = new Map(all.map((socket) => [socket.inode, socket]));
  const listening = new Set(all.flatMap(({ listens, path }) => (listens ? path : [])));
  for (const { peer } of own) {
    const path = byInode.get(peer)?.path;
    if (path !== undefined && listening.has(path)) paths.add(path);
  }
  const isWaiting = ({ listens, path, peer }: UnixSocket) => !listens && path === '*' && peer === '0';
  const full = all.filter(({ listens, received, limit }) => listens && received > limit);
  const [one, another] = full;
  const waiting = own.filter(isWaiting).length;
  if (one && another === undefined && !paths.has(one.path) && waiting >= one.received) paths.add(one.path);
  return all.flatMap(({ listens, path, received, limit }) =>
    listens && paths.has(path)
      ? [{ name: path, kind: 'unix' as const, waiting: received, backlog: limit }]
      : [],
  );
}
