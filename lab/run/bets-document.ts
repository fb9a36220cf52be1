import { sumOf } from '../../common/numbers.ts';
import type { Evidence } from '../evidence/evidence.ts';

export interface BetsDocument {
  placed: number;
  acked: number;
  recorded: number;
  lost: number;
  doubled: number;
}

/** Bets as both sides count them: `lost` were placed and never recorded. */
export function betsDocument({ fleet, gateway }: Evidence): BetsDocument {
  const placed = fleet.done?.bets.placed ?? 0;
  const recorded = gateway.drained?.recorded ?? gateway.samples.at(-1)?.bets.recorded ?? 0;
  return {
    placed,
    acked: fleet.done?.bets.acked ?? 0,
    recorded,
    lost: Math.max(0, placed - recorded),
    doubled: gateway.drained?.doubled ?? 0,
  };
}

/** The same of several gateways, summed. */
export function betsOfAll(evidences: readonly Evidence[]): BetsDocument {
  const each = evidences.map(betsDocument);
  const total = (name: keyof BetsDocument) => sumOf(each, (bets) => bets[name]);
  return {
    placed: total('placed'),
    acked: total('acked'),
    recorded: total('recorded'),
    lost: total('lost'),
    doubled: total('doubled'),
  };
}
