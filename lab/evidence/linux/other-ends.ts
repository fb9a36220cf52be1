import { netFolders } from '../../../system/net-namespaces.ts';
import { readLocalAddresses } from '../../../system/proc/local-addresses.ts';
import { clientEndsOf, openEndsOf } from '../../../system/proc/port-ends.ts';
import { type BesideLook, whenChanged } from './beside-look.ts';
import { rarely } from './rarely.ts';

/** Two looks so far apart: what a client has closed the server knows by then, on any link (ms). */
const LOOK_MS = 1000;
/** Namespaces come and go; they are looked for no more often, ms. */
const SEEK_MS = 3000;
/** So many connections without an other end are known by name; more are as good as these. */
const MOST = 20_000;

/**
 * Looks for the other end of each connection that the server has open: in the network namespace of this machine that has its address.
 * Where twice there was none the client has gone without a word that came here. A connection of another machine, and one whose client
 * hides behind NAT, is told of by neither number.
 */
export function otherEnds(): BesideLook {
  let [soughtAt, before] = [Number.NEGATIVE_INFINITY, new Set<string>()];
  let places: { folder: string; addresses: Set<string> }[] = [];
  const lonely = new Set<string>();
  const changed = whenChanged();

  let [port, net] = [0, ''];
  const seek = () => {
    if (performance.now() - soughtAt < SEEK_MS) return;
    soughtAt = performance.now();
    const folders = new Set([net, ...netFolders().values()]);
    places = [...folders].map((folder) => ({ folder, addresses: readLocalAddresses(folder) }));
  };
  const look = rarely(LOOK_MS, () => {
    const open = openEndsOf(net, port);
    if (open.length === 0) return { gone: lonely.size, there: 0 };
    seek();
    const ends = new Map<string, Set<string>>();
    const endsIn = (folder: string) => {
      let found = ends.get(folder);
      if (found === undefined) {
        found = clientEndsOf(folder, port);
        ends.set(folder, found);
      }
      return found;
    };
    const missing = new Set<string>();
    let there = 0;
    for (const { local, remote, host } of open) {
      const folders = isLoopback(host)
        ? [net]
        : places.filter(({ addresses }) => addresses.has(host)).map(({ folder }) => folder);
      if (folders.length === 0) continue;
      const name = `${remote} ${local}`;
      if (folders.some((folder) => endsIn(folder).has(name))) there += 1;
      else missing.add(name);
    }
    for (const name of missing) if (before.has(name) && lonely.size < MOST) lonely.add(name);
    before = missing;
    return { gone: lonely.size, there };
  });
  return (watched) => {
    ({ port, net } = watched);
    const seen = look();
    return changed(seen && { otherEnds: seen });
  };
}

const isLoopback = (host: string) => host.startsWith('127.') || host === '::1';
