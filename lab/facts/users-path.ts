import { hostOf } from '../../system/proc/port-ends.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import type { Counter, InterfaceFacts } from './counter-growth.ts';

/** What the users' packets went over, and what was lost there. */
export interface PathFacts {
  /** The names of the interfaces; all of them where it is not known. */
  over: string[];
  /** Frames that those interfaces say they lost or damaged; each can have failed one user, if any. */
  lost: number;
}

const LOOPBACK = /^lo0?$/;

/** From how users and server were placed, else from the addresses of the server's connections. */
export function pathFacts(
  evidence: Evidence,
  interfaces: readonly InterfaceFacts[],
  counter: Counter,
): PathFacts {
  const carries = carriersOf(evidence);
  const mine = interfaces.filter(({ name }) => carries(name));
  const lost = mine.reduce((sum, { errors, drops }) => sum + errors + drops, 0);
  // What came damaged is not told by interface: beside others it may have been theirs.
  const damaged = evidence.exclusive ? (counter('Tcp InCsumErrors') ?? 0) : 0;
  return { over: mine.map(({ name }) => name), lost: lost + damaged };
}

function carriersOf(evidence: Evidence): (name: string) => boolean {
  const isLoopback = (name: string) => LOOPBACK.test(name);
  // All that is there is the run's own.
  if (evidence.exclusive) return () => true;
  if (evidence.asked.users > 0) return evidence.elsewhere ? (name) => !isLoopback(name) : isLoopback;
  return byAddresses(evidence);
}

/** Whoever comes from an address of the machine itself comes over its loopback, whatever that address is (ip route show table local). */
function byAddresses({ ledger, observer }: Evidence): (name: string) => boolean {
  const known = Object.entries(observer.before?.server?.interfaces ?? {});
  const named = new Map(known.flatMap(([name, all]) => all.map((address) => [address, name] as const)));
  const over = new Set<string>();
  let unnamed = false;
  for (const { local, remote } of connectionsOf(ledger)) {
    if (remote === undefined) continue;
    const [here, there] = [addressOf(local), addressOf(remote)];
    const beside = here === there || named.has(there) || /^127\.|^::1$/.test(there);
    const name = beside ? 'lo' : named.get(here);
    // A server may answer for an address of its loopback, as behind a balancer.
    if (name === undefined || (LOOPBACK.test(name) && !beside)) unnamed = true;
    else over.add(name);
  }
  // Nobody is known to have come: it may have been any of them.
  if (over.size === 0 && !unnamed) return () => true;
  return (name) => over.has(name) || (unnamed && !LOOPBACK.test(name));
}

/** The address alone: of one that holds on one interface the name of that is left out. */
const addressOf = (end: string) => hostOf(end).replace(/\]?%.*$/, '');
