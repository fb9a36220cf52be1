import { execFile } from 'node:child_process';
import { defined } from '../../../common/defined.ts';
import type { UpstreamEnd, UpstreamQueue } from '../../../protocol/upstream-events.ts';
import { readLocalAddresses } from '../../../system/proc/local-addresses.ts';
import { canonicalAddress } from '../../../system/proc/net-tcp.ts';
import { readOtherSockets, type TcpListener } from '../../../system/proc/outgoing.ts';
import { allPids } from '../../../system/proc/process.ts';
import { readLink } from '../../../system/read.ts';
import { type ListenerStats, parseListenerStats } from '../../../system/ss.ts';

/** Another network namespace is looked for no more often: it takes a look at every process. */
const SEEK_MS = 5000;
/** The backlog and the drops of a listener are asked for no more often. */
const ASK_MS = 400;
const ANSWER_MS = 5000;

/** Where an upstream listens on this machine. */
interface Home {
  /** The folder of its network namespace. */
  net: string;
  /** Put before `ss`. */
  enter: readonly string[];
}

interface Asked {
  at: number;
  stats?: ListenerStats[];
}

/** The accept queues of the TCP listeners that a server connects to, on this machine: in its own network namespace, or another that may be entered. */
export class TcpQueues {
  readonly #homes = new Map<string, { at: number; home: Home | undefined }>();
  readonly #asked = new Map<string, Asked>();

  /** Those of these remote ends. `listeners`: of the server's own namespace. */
  of(
    ends: readonly UpstreamEnd[],
    net: string,
    listeners: readonly TcpListener[],
    inside: boolean,
  ): UpstreamQueue[] {
    return ends.flatMap(({ remote }): UpstreamQueue[] => {
      const at = remote.lastIndexOf(':');
      const [host, port] = [canonicalAddress(remote.slice(0, at)), Number(remote.slice(at + 1))];
      const home = this.#homeOf(host, net, inside);
      if (home === undefined) return [];
      const theirs = home.net === net ? listeners : readOtherSockets(home.net, 0).listeners;
      const listener = theirs.find((one) => one.port === port && covers(one.host, host));
      if (listener === undefined) return [];
      const stats = this.#statsOf(remote, port, home)?.find(
        ({ address }) => canonicalAddress(address) === canonicalAddress(listener.host),
      );
      if (stats === undefined) return [];
      const { backlog, drops } = stats;
      return [{ name: remote, kind: 'tcp', waiting: listener.waiting, backlog, ...defined({ drops }) }];
    });
  }

  #homeOf(host: string, net: string, inside: boolean): Home | undefined {
    const known = this.#homes.get(host);
    const now = performance.now();
    if (known && (now - known.at < SEEK_MS || (known.home && isAlive(known.home)))) return known.home;
    const home = findHome(host, net, inside);
    this.#homes.set(host, { at: now, home });
    return home;
  }

  /** What the last answer said; asks for the next. */
  #statsOf(remote: string, port: number, { enter }: Home): ListenerStats[] | undefined {
    const known = this.#asked.get(remote);
    if (known === undefined || performance.now() - known.at > ASK_MS) {
      const asked: Asked = { at: performance.now(), ...defined({ stats: known?.stats }) };
      this.#asked.set(remote, asked);
      const [command = '', ...args] = [...enter, 'ss', '-ltnmH', `sport = :${port}`];
      execFile(command, args, { encoding: 'latin1', timeout: ANSWER_MS }, (error, text) => {
        if (!error) asked.stats = parseListenerStats(text);
      });
      return known?.stats;
    }
    return known.stats;
  }
}

const isAlive = ({ net }: Home) => readLink(net.replace(/net$/, 'ns/net')) !== undefined;

function findHome(host: string, net: string, inside: boolean): Home | undefined {
  if (host.startsWith('127.') || host === '::1' || readLocalAddresses(net).has(host))
    return inside ? { net, enter: [] } : undefined;
  const own = readLink('/proc/self/ns/net');
  const seen = new Set([own]);
  for (const pid of allPids()) {
    const link = readLink(`/proc/${pid}/ns/net`);
    if (link === undefined || seen.has(link)) continue;
    seen.add(link);
    const dir = `/proc/${pid}/net`;
    if (readLocalAddresses(dir).has(host))
      return { net: dir, enter: ['nsenter', '-t', String(pid), '-n', '--'] };
  }
  return undefined;
}

/** Does a listener on this address take who connects to that one? */
function covers(address: string, host: string): boolean {
  if (address === host || address === '::') return true;
  return address === '0.0.0.0' && !host.includes(':');
}
