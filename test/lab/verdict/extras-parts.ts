import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { resetLine } from '../facts/made-connections.ts';
import type { Extra } from './extras.ts';

/** Of what a gateway of ours tells while its users wait, and of parts on several machines. */
export const PARTS_EXTRAS: Record<string, Extra> = {
  /** `runtime=swarm`: where the parts ran. */
  runtime(evidence, value) {
    evidence.runtime = value as Evidence['runtime'];
  },
  /** `clocks=12`: the clock of the fleet is known to ± so many ms; it shows the right time. */
  clocks(evidence, value) {
    const known = { number: 0, where: 'a', aheadMs: 300, afterMs: 300 };
    evidence.clocks = [
      { ...known, role: 'gateway', errorMs: 0 },
      { ...known, role: 'robots', errorMs: Number(value) },
    ];
  },
  /** `unlistened=2500`: so long after the load began the gateway no longer listens, and lives on. */
  unlistened(evidence, value) {
    for (const line of evidence.observer.series)
      if (line.at >= start(evidence) + Number(value)) delete line.acceptQueue;
  },
  /** `held-off=80@0-2600`: in that time of the load so many users had been accepted, and waited for their turn. */
  'held-off'(evidence, value) {
    const [number, from, to] = spanOf(value);
    for (const sample of evidence.gateway.samples) {
      const ms = sample.at - start(evidence);
      Object.assign(sample, { open: 100, waiting: ms >= from && ms <= to ? number : 0 });
    }
  },
  /** `forsaken=80@0-2600`: in that time so many were in the accept queue, and the gateway had time and accepted none. */
  forsaken(evidence, value) {
    const [number, from, to] = spanOf(value);
    for (const line of evidence.observer.series) {
      const ms = line.at - start(evidence);
      line.acceptQueue = ms >= from && ms <= to ? number : 0;
    }
    for (const sample of evidence.gateway.samples) sample.accepted = 100;
  },
  /** `lives=on`: the server's kernel still has the connections of the users that were reset. */
  lives({ ledger, fleet }) {
    for (const { outcome, startedAt, port } of fleet.users) {
      if (outcome !== 'reset') continue;
      const {
        how: _,
        reset: __,
        closed: ___,
        closedBy: ____,
        ...line
      } = resetLine(startedAt + 60, 50, { port });
      ledger.connections.push({ ...line, open: true });
    }
  },
};

/** `80@0-2600` */
function spanOf(value: string): [number: number, from: number, to: number] {
  const [number = 0, from = 0, to = 0] = value.split(/[@-]/).map(Number);
  return [number, from, to];
}

/** When the load began, ms since the epoch. */
function start({ fleet }: Evidence): number {
  return fleet.phases.find(({ phase }) => phase === 'load')?.at ?? 0;
}
