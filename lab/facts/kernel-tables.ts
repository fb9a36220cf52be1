import { defined } from '../../common/defined.ts';
import type { ConntrackCounts, FileCounts } from '../../system/proc/kernel-tables.ts';
import type { Evidence } from '../evidence/evidence.ts';

/** The tables of the kernel that the whole machine shares, as seen beside a server. */
export interface TableFacts {
  /** The most tracked connections seen, and how many packets were dropped and entries thrown out early in that time. */
  conntrack?: { peak: number; max: number; dropped: number; early: number };
  /** The most open files seen, and how many accept(2) of the server failed with ENFILE. */
  files?: { peak: number; max: number };
  enfile?: number;
}

/** Draws them up to `until`, ms. */
export function tableFacts(
  { observer, ledger }: Pick<Evidence, 'observer' | 'ledger'>,
  until: number,
): TableFacts {
  const looks = observer.series.flatMap(({ at, server }) => (server && at <= until ? server : []));
  return defined({
    conntrack: conntrackOver(looks.flatMap(({ conntrack }) => conntrack ?? [])),
    files: filesOver(looks.flatMap(({ fileTable }) => fileTable ?? [])),
    enfile: ledger.witnesses.tracefs?.failedAccepts?.ENFILE,
  });
}

function conntrackOver(looks: readonly ConntrackCounts[]): TableFacts['conntrack'] {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return {
    peak: looks.reduce((most, { count }) => Math.max(most, count), 0),
    max: last.max,
    dropped: last.dropped - first.dropped,
    early: last.early - first.early,
  };
}

function filesOver(looks: readonly FileCounts[]): TableFacts['files'] {
  const last = looks.at(-1);
  if (last === undefined) return undefined;
  return { peak: looks.reduce((most, { used }) => Math.max(most, used), 0), max: last.max };
}
