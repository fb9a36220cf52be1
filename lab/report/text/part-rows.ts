import type { FleetPart, GatewayPart, PartsDocument } from '../../run/parts-document.ts';
import { bytesText } from './estimate.ts';
import type { NumberRow } from './findings.ts';

/** More would push the rest of a report out of sight. */
const MOST = 8;

/** The users of a source, those of all gateways together. */
export interface SourcePart {
  /** From 1. */
  number: number;
  users: FleetPart['users'];
}

/** Rows of what each gateway did, and of each source where there are several; where they are many, of those with the most failures. */
export function partRows(parts: PartsDocument | undefined): NumberRow[] {
  if (parts === undefined) return [];
  const sources = sourceParts(parts);
  const began = beganText(parts);
  return [
    ...(parts.gateways.length > 1 ? [rowOf('gateways', parts.gateways, gatewayText)] : []),
    ...(sources.length > 1 ? [rowOf('sources', sources, sourceText)] : []),
    ...(began === undefined ? [] : [['start', began] as const]),
  ];
}

/** How far apart the fleets began; undefined: fewer than two have. */
export function beganText({ skewMs, clocks }: PartsDocument): string | undefined {
  if (skewMs === undefined) return undefined;
  const errorMs = clocks?.reduce((most, clock) => Math.max(most, clock.errorMs), 0);
  const known = errorMs === undefined ? '' : ` (clocks known to ±${errorMs.toFixed(1)} ms)`;
  return `fleets began within ${skewMs.toFixed(1)} ms of each other${known}`;
}

/** The sums over the fleets of each source. */
export function sourceParts({ fleets }: PartsDocument): SourcePart[] {
  const sources = new Map<number, SourcePart>();
  for (const { source, users } of fleets) {
    const { users: sum } = sources.get(source) ?? { users: { asked: 0, open: 0, failed: 0 } };
    sources.set(source, {
      number: source,
      users: {
        asked: sum.asked + users.asked,
        open: sum.open + users.open,
        failed: sum.failed + users.failed,
      },
    });
  }
  return [...sources.values()].sort((a, b) => a.number - b.number);
}

function rowOf<Part extends SourcePart>(
  label: string,
  parts: readonly Part[],
  text: (part: Part) => string,
): NumberRow {
  const shown = parts
    .toSorted((a, b) => b.users.failed - a.users.failed)
    .slice(0, MOST)
    .sort((a, b) => a.number - b.number);
  const left = parts.length - shown.length;
  const more = left > 0 ? [`${left} more in verdict.json`] : [];
  return [label, ...shown.map((part) => `${part.number}: ${text(part)}`), ...more];
}

function gatewayText({ users, threshold, bets, ledger, rss }: GatewayPart): string {
  const { measured, predicted } = threshold;
  return [
    usersText(users),
    // Of most, those who were let in have stayed.
    ...(measured === users.open ? [] : [`${measured} let in`]),
    `${predicted ?? 'none'} predicted`,
    `bets ${bets.recorded} of ${bets.placed}`,
    `ledger ${ledger.connections}${ledger.lost > 0 ? `, ${ledger.lost} lost` : ''}`,
    ...(rss === undefined ? [] : [bytesText(rss)]),
  ].join('; ');
}

function sourceText({ users }: SourcePart): string {
  return usersText(users);
}

function usersText({ asked, open, failed }: FleetPart['users']): string {
  return `${open} of ${asked} open, ${failed} failed`;
}
