import { defined } from '../../common/defined.ts';
import { wasCutShort } from '../../robots/outcome.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { witnessesOf } from '../evidence/ledger/ledger.ts';
import { largest, smallest } from '../facts/numbers.ts';
import type { PartClock } from '../runtimes/runtime.ts';
import { sharesOf } from '../settings/shares.ts';
import { type BetsDocument, betsDocument } from './bets-document.ts';
import type { Judged, JudgedGateway } from './judged.ts';
import { clocksOfAll } from './lost-parts.ts';
import { type ThresholdDocument, thresholdDocument } from './threshold-of-run.ts';

/** Users of a part of a load. */
interface PartUsers {
  asked: number;
  open: number;
  failed: number;
}

/** One gateway of several, in its own numbers; sizes in bytes. */
export interface GatewayPart {
  /** From 1. */
  number: number;
  users: PartUsers;
  bets: BetsDocument;
  threshold: ThresholdDocument;
  nofile?: number;
  descriptorsAtRest?: number;
  /** The most memory that its process had, by its own samples. */
  rss?: number;
  /** Connections in its ledger, and lines that its witnesses lost. */
  ledger: { connections: number; lost: number };
}

/** The users who go from one source to one gateway. */
export interface FleetPart {
  gateway: number;
  source: number;
  /** Numbers of the first and the last of them. */
  from: number;
  to: number;
  users: PartUsers;
  /** When the first and the last of them connected, ms since the epoch by the lab's clock; absent: none did. */
  firstConnectAt?: number;
  lastConnectAt?: number;
}

/** The parts of a run of several, in their own numbers. */
export interface PartsDocument {
  gateways: GatewayPart[];
  fleets: FleetPart[];
  /** So far apart are the first connects of the fleets, ms; absent: fewer than two connected. */
  skewMs?: number;
  /** The clocks of those on other machines, numbered from 1, robots by their source; absent: all have the lab's own. */
  clocks?: PartClock[];
}

/** What each part did; undefined where there is one gateway and one source. */
export function partsDocument({ gateways }: Judged): PartsDocument | undefined {
  const [first] = gateways as readonly [JudgedGateway, ...JudgedGateway[]];
  const evidences = gateways.map(({ evidence }) => evidence);
  const sources = sourcesSeen(evidences);
  if (gateways.length === 1 && (sources === 1 || first.evidence.asked.way_back === 'other')) return undefined;
  const fleets = fleetParts(evidences, sources);
  return {
    gateways: gateways.map(gatewayPart),
    fleets,
    ...defined({ skewMs: skewOf(fleets), clocks: clocksOfAll(evidences) }),
  };
}

function skewOf(fleets: readonly FleetPart[]): number | undefined {
  const first = fleets.flatMap(({ firstConnectAt }) => firstConnectAt ?? []);
  return first.length < 2 ? undefined : Math.round(10 * (largest(first) - smallest(first))) / 10;
}

/** Addresses that the robots came from, as any of their fleets tells at its end, or on the way. */
export function sourcesSeen(evidences: readonly Evidence[]): number {
  const told = evidences.flatMap(
    ({ fleet: { done, progress } }) => (done ?? progress.at(-1))?.self.ports.addresses ?? [],
  );
  return Math.max(1, ...told);
}

function gatewayPart({ evidence, facts }: JudgedGateway, index: number): GatewayPart {
  const { listening, samples } = evidence.gateway;
  return {
    number: index + 1,
    users: { asked: facts.asked, open: facts.open, failed: facts.failed.length },
    bets: betsDocument(evidence),
    threshold: thresholdDocument(evidence, facts),
    ...defined({
      nofile: listening?.nofile,
      descriptorsAtRest: evidence.observer.before?.process?.descriptors?.length,
      rss: samples.length === 0 ? undefined : Math.max(...samples.map(({ memory }) => memory.rss)),
    }),
    ledger: {
      connections: evidence.ledger.connections.length,
      lost: witnessesOf(evidence.ledger).reduce((sum, { lost }) => sum + lost, 0),
    },
  };
}

function fleetParts(evidences: readonly Evidence[], sources: number): FleetPart[] {
  const users = evidences.reduce((sum, { asked }) => sum + asked.users, 0);
  const shares = sharesOf({ users, gateways: evidences.length }, sources);
  const parts = shares.map(
    ({ gateway, source, users: asked, firstId }): FleetPart => ({
      gateway: gateway + 1,
      source: source + 1,
      from: firstId,
      to: firstId + asked - 1,
      users: { asked, open: 0, failed: 0 },
    }),
  );
  for (const [gateway, { fleet }] of evidences.entries()) {
    const own = parts.filter((part) => part.gateway === gateway + 1);
    for (const user of fleet.users) {
      // It has neither failed nor stayed, and may not have begun.
      if (wasCutShort(user)) continue;
      const { id, outcome, startedAt, earlier } = user;
      const part = own.find(({ from, to }) => id >= from && id <= to);
      if (part === undefined) continue;
      const { firstConnectAt = Infinity, lastConnectAt = -Infinity } = part;
      part.firstConnectAt = Math.min(firstConnectAt, earlier?.[0]?.startedAt ?? startedAt);
      part.lastConnectAt = Math.max(lastConnectAt, startedAt);
      if (outcome === 'open') part.users.open += 1;
      else part.users.failed += 1;
    }
  }
  return parts;
}
