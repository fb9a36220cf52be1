import { readdirSync } from 'node:fs';
import type { UpstreamEnd, UpstreamQueue, UpstreamSample } from '../../../protocol/upstream-events.ts';
import { localPorts, takenPorts } from '../../../system/local-ports.ts';
import { readOtherSockets, remoteOf, type TcpSocket } from '../../../system/proc/outgoing.ts';
import { portRoom, portRules } from '../../../system/proc/port-room.ts';
import { TCP } from '../../../system/proc/tcp-rows.ts';
import { readLink } from '../../../system/read.ts';
import { readUnixSockets } from '../../../system/ss-unix.ts';
import type { Watched } from './beside-look.ts';
import { rarely } from './rarely.ts';
import { TcpQueues } from './upstream-listeners.ts';
import { upstreamsOf } from './upstream-paths.ts';

/** An upstream that is full for as long is seen at least once or twice. */
const LOOK_MS = 400;
/** A proxy may have many: those to which it has the most. */
const MOST_ENDS = 8;
/** Remote ends that it was once seen to have. Who opens one after another at random (a crawler) has no upstream. */
const MOST_KNOWN = 1000;

/**
 * What the server does as a client: its sockets by remote end against the local ports there are, and the accept queues of those it
 * connects to, where these can be seen. A socket is the server's where a process of it holds it; in TIME_WAIT none does, and those with
 * a remote end that it had are counted with it, as their ports are gone for it as well.
 */
export function beginUpstreamLook(): (watched: Watched) => { upstream?: UpstreamSample } {
  const known = new Set<string>();
  const paths = new Set<string>();
  const queues = new TcpQueues();
  let unix: UpstreamQueue[] = [];
  let asking = false;
  let last = '';

  /** The answer is for the next look. */
  const askUnix = (inodes: ReadonlySet<string>): void => {
    if (asking) return;
    asking = true;
    readUnixSockets().then((all) => {
      asking = false;
      unix = all === undefined ? [] : upstreamsOf(all, inodes, paths);
    });
  };

  const look = (watched: Watched): UpstreamSample => {
    const { net, port, inside, holders } = watched;
    const held = socketsOf(holders);
    const { sockets, listeners } = readOtherSockets(net, port);
    if (inside && held.size > 0) askUnix(held);
    const theirs = new Map<string, TcpSocket[]>();
    for (const socket of sockets) if (held.has(socket.inode)) known.add(socket.remote);
    if (known.size > MOST_KNOWN) known.clear();
    for (const socket of sockets) {
      if (!known.has(socket.remote)) continue;
      const same = theirs.get(socket.remote);
      if (same) same.push(socket);
      else theirs.set(socket.remote, [socket]);
    }
    const most = [...theirs.values()].sort((a, b) => b.length - a.length).slice(0, MOST_ENDS);
    const ends = most.map((same) => endOf(same, held, inside));
    return { ends, queues: [...unix, ...queues.of(ends, net, listeners, inside)] };
  };

  const turn = rarely(LOOK_MS, look);
  return (watched) => {
    const seen = turn(false, watched);
    if (seen === undefined) return {};
    // A server that is no client says so once, if ever.
    const none = seen.ends.length + seen.queues.length === 0;
    if (none && last === '') return {};
    last = none ? '' : 'seen';
    return { upstream: seen };
  };
}

function endOf(same: readonly TcpSocket[], held: ReadonlySet<string>, inside: boolean): UpstreamEnd {
  const own = same.filter(({ inode }) => held.has(inode));
  const closed = same.filter(({ state }) => state === TCP.TIME_WAIT).length;
  const end: UpstreamEnd = {
    remote: remoteOf(same[0] as TcpSocket),
    sockets: own.length + closed,
    unanswered: own.filter(({ state }) => state === TCP.SYN_SENT).length,
    through: own.filter(({ state }) => state !== TCP.SYN_SENT).length,
  };
  // The sysctls that /proc shows are those of the reader's namespace.
  if (!inside) return end;
  const range = localPorts();
  const rules = portRules(range, takenPorts(range) ?? []);
  // Each address of its own has as many; that with the fewest left is told.
  const rooms = [...Map.groupBy(same, ({ host }) => host).values()].map((from) => portRoom(from, rules));
  const least = rooms.reduce((a, b) => (b.free < a.free ? b : a));
  return { ...end, ...least };
}

/** The inodes of the sockets that these processes hold; none of those whose descriptors may not be read (fs/proc/fd.c proc_fd_permission). */
function socketsOf(holders: ReadonlySet<number>): Set<string> {
  const found = new Set<string>();
  for (const pid of holders) {
    let names: string[];
    try {
      names = readdirSync(`/proc/${pid}/fd`);
    } catch {
      continue;
    }
    for (const name of names) {
      const link = readLink(`/proc/${pid}/fd/${name}`);
      if (link?.startsWith('socket:[')) found.add(link.slice(8, -1));
    }
  }
  return found;
}
