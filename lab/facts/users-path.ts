import { hostOf } from '../../system/proc/port-ends.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import type { Counter, InterfaceFacts } from './counter-growth.ts';

/** The interfaces that the users' packets used, and what was lost there. */
export interface PathFacts {
  /** The names of the interfaces; all of them where it is not known. */
  over: string[];
  /** Frames that those interfaces report as lost or damaged; each can have failed one user, if any. */
  lost: number;
}

const LOOPBACK = /^lo0?$/;

/** By where users and server are, else by the addresses of the server's connections. */
export function pathFacts(
  evidence: Evidence,
  interfaces: readonly InterfaceFacts[],
  counter: Counter,
): PathFacts {
  const carries = carriersOf(evidence);
  const mine = interfaces.filter(({ name }) => carries(name));
  const lost = mine.reduce((sum, { errors, drops }) => sum + errors + drops, 0);
  // Damaged segments are not counted by interface: beside others they may have been theirs.
  const damaged = evidence.exclusive ? (counter('Tcp InCsumErrors') ?? 0) : 0;
  return { over: mine.map(({ name }) => name), lost: lost + damaged };
}

function carriersOf(evidence: Evidence): (name: string) => boolean {
  const isLoopback = (name: string) => LOOPBACK.test(name);
  // Everything there belongs to the run.
  if (evidence.exclusive) return () => true;
  if (evidence.asked.users > 0) return evidence.elsewhere ? (name) => !isLoopback(name) : isLoopback;
  return byAddresses(evidence);
}

/** A connection from an address of the machine itself uses its loopback, whatever that address is (ip route show table local). */
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
    // A server may use an address of its loopback, as behind a balancer.
    if (name === undefined || (LOOPBACK.test(name) && !beside)) unnamed = true;
    else over.add(name);
  }
  // No user is known to have come: any of the interfaces may have been used.
  if (over.size === 0 && !unnamed) return () => true;
  return (name) => over.has(name) || (unnamed && !LOOPBACK.test(name));
}

/** The address alone, without the name of its interface. */
const addressOf = (end: string) => hostOf(end).replace(/\]?%.*$/, '');
