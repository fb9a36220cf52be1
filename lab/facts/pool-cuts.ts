import type { ConnectionLine } from '../../protocol/connection-events.ts';
import { NumberList } from '../evidence/number-list.ts';
import type { Clock, ClockFacts } from './clocks.ts';
import { wasServed } from './connection-fate.ts';
import { figuresOf, metItsEnd, SERVER_SPOKE_LAST } from './connection-figures.ts';
import { countWhile } from './numbers.ts';

/** What happened to the owners of the connections that a clock ended. */
export interface PoolCuts {
  /** Ended in order after an answer: nobody waited for anything. */
  afterAnswer: number;
  /** Those whose host went on being served on connections that no clock ended. */
  servedOn: number;
  /** How many more connections came from the same hosts just after these ends than just before. */
  cameBack: number;
  /** Those whose client's data after the end was answered with RST. */
  raced: number;
}

/** A host that lost a connection and needs another opens it within this, ms. If longer, hosts that connect anyway count as back. */
const AT_ONCE_MS = 100;
/**
 * Without the kernel's own events only the samples show when a connection came. If wider, in a steady crowd nobody knows which hosts came
 * back. Ms.
 */
const WIDEST_MS = 400;

/** What happened to the owners of the connections that each of these clocks ended. `lines`: all connections of the server. */
export function poolCuts(
  lines: Iterable<ConnectionLine>,
  clocks: Pick<ClockFacts, 'of'>,
  until: number,
): Map<Clock, PoolCuts> {
  const hosts = new Map<string, Host>();
  const byClock = new Map<Clock, PoolCuts>();
  const cuts: { clock: Clock[]; host: Host[]; at: NumberList } = {
    clock: [],
    host: [],
    at: new NumberList(),
  };
  for (const line of lines) {
    const host = hostOf(line, hosts);
    const { complete } = line;
    const within = complete?.within ?? 0;
    if (complete && within <= WIDEST_MS) {
      host.came.push(complete.is);
      host.soonMs = Math.max(host.soonMs, AT_ONCE_MS + within);
    }
    const at = line.closed?.is ?? line.at;
    const isOpen = line.open === true || at > until;
    const clock = isOpen ? undefined : clocks.of(line);
    if (clock === undefined) {
      if (isOpen) host.servedTo = Number.POSITIVE_INFINITY;
      else if (wasServed(line)) host.servedTo = Math.max(host.servedTo, at);
      continue;
    }
    let own = byClock.get(clock);
    if (own === undefined) {
      own = { afterAnswer: 0, servedOn: 0, cameBack: 0, raced: 0 };
      byClock.set(clock, own);
    }
    if (metItsEnd(line)) own.raced += 1;
    else if (wasAnswered(line)) own.afterAnswer += 1;
    cuts.clock.push(clock);
    cuts.host.push(host);
    cuts.at.push(at);
  }
  for (const host of hosts.values()) host.came.sort();
  for (const [index, clock] of cuts.clock.entries()) {
    const [host, at, own] = [cuts.host[index] as Host, cuts.at.at(index), byClock.get(clock) as PoolCuts];
    if (host.servedTo > at) own.servedOn += 1;
    own.cameBack += between(host, at, at + host.soonMs) - between(host, at - host.soonMs, at);
  }
  return byClock;
}

interface Host {
  /** When connections of this host came, ms. */
  came: NumberList;
  /** A connection that comes back at once is seen this late at most, ms. */
  soonMs: number;
  /** When the last connection ended that no clock ended, ms. */
  servedTo: number;
}

function hostOf({ remote = '' }: ConnectionLine, hosts: Map<string, Host>): Host {
  const name = remote.slice(0, remote.lastIndexOf(':'));
  let host = hosts.get(name);
  if (host === undefined) {
    host = { came: new NumberList(), soonMs: AT_ONCE_MS, servedTo: 0 };
    hosts.set(name, host);
  }
  return host;
}

function between({ came }: Host, from: number, to: number): number {
  const times = came.view();
  return countWhile(times, (time) => time <= to) - countWhile(times, (time) => time <= from);
}

/** It ended in order, and the server had answered every request, as far as is seen. */
function wasAnswered(line: ConnectionLine): boolean {
  const { how, reset } = line;
  const lastByServer = (figuresOf(line).flags & SERVER_SPOKE_LAST) !== 0;
  return how?.is === 'FIN' && reset === undefined && wasServed(line) && lastByServer;
}
