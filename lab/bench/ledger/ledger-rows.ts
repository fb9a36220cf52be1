/** What is made of the ledger's trials: what it costs beyond the same without it, and what it told. Pure. */
import { median } from '../figures.ts';
import { type Goal, goalOf } from '../goals.ts';
import {
  isRate,
  LEDGER_WORDS,
  type Ledger,
  type LedgerCase,
  type LoadKind,
  loadWords,
} from './ledger-case.ts';
import type { LedgerTrial } from './ledger-trial.ts';
import type { Shares } from './snapshot.ts';

/** A middle figure, and the least and the most. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** Percent of a core. */
export interface LedgerCost {
  observer: number;
  ss: number;
  tracer: number;
  lab: number;
  kernel: number;
  /** Server and client. */
  load: number;
  /** All of these together. */
  sum: Spread;
  /** The whole machine's, by its ticks: whatever else lives there is in it. */
  machine: Spread;
}

/** One load with one ledger. The first fields are those of every row of a bench. */
export interface LedgerRow {
  driver: 'ledger';
  users: number;
  usersPerSecond: number;
  /** What the ledger costs for each connection; null without a ledger, and where connections do not come and go. */
  cpuMicrosPerUser: number | null;
  /** Of memory, beyond what the same takes without a ledger; null where there is nothing to compare with. */
  bytesPerUser: number | null;
  failed: number;
  trials: number;
  load: LoadKind;
  ledger: Ledger;
  /** Beyond the same without a ledger; without one, and where connections close at once, all that was worked. */
  cost: LedgerCost;
  /** By how much the client was late at worst, ms. */
  lateMs: number;
  /** Connections that had ended, those told, those said to be lost: the sums. */
  connections: number;
  told: number;
  lost: number;
  tracedLost: number;
  /** Why a witness told nothing; null: all did. */
  missing: string | null;
}

/** At most, percent of a core. */
const COST_GOALS: Partial<Record<LoadKind, Partial<Record<Ledger, number>>>> = {
  elsewhere: { ss: 4 },
  rate: { tracefs: 10 },
  idle: { ss: 1, tracefs: 1 },
};

/** A row for each case, in the order in which they first ran. */
export function ledgerRows(trials: readonly LedgerTrial[]): LedgerRow[] {
  const groups = Map.groupBy(trials, ({ of: { load, ledger } }) => `${load} ${ledger}`);
  return [...groups.values()].map((group) => {
    const { of } = group[0] as LedgerTrial;
    return rowOf(of, group, groups.get(`${of.load} off`) ?? []);
  });
}

function rowOf(of: LedgerCase, group: readonly LedgerTrial[], without: readonly LedgerTrial[]): LedgerRow {
  const compared = of.ledger !== 'off' && without.length > 0;
  const same = ({ round }: LedgerTrial) =>
    compared ? without.find((one) => one.round === round) : undefined;
  const cost = costOf(group.map((trial) => beyond(trial.shares, same(trial)?.shares)));
  const total = (read: (trial: LedgerTrial) => number) => group.reduce((sum, trial) => sum + read(trial), 0);
  const seconds = of.forMs / 1000;
  const ended = of.load === 'idle' ? null : of.connections * (isRate(of.load) ? seconds : 1);
  const bytes = median(group.map((trial) => trial.peakBytes - (same(trial)?.peakBytes ?? 0)));
  const own = cost.observer + cost.ss + cost.tracer;
  const worked = compared ? cost.sum.median : own;
  return {
    driver: 'ledger',
    users: of.connections,
    usersPerSecond: isRate(of.load) ? of.connections : 0,
    cpuMicrosPerUser: of.ledger === 'off' || ended === null ? null : tenths((worked * seconds * 1e4) / ended),
    bytesPerUser: compared ? Math.round(bytes / of.connections) : null,
    failed: total(({ failed }) => failed),
    trials: group.length,
    load: of.load,
    ledger: of.ledger,
    cost,
    lateMs: Math.round(Math.max(...group.map(({ lateMs }) => lateMs))),
    connections: total(({ opened, failed }) => opened - failed),
    told: total(({ told }) => told),
    lost: total(({ lost }) => lost),
    tracedLost: total(({ tracedLost }) => tracedLost),
    missing: group.find(({ missing }) => missing !== undefined)?.missing ?? null,
  };
}

type Parts = Omit<LedgerCost, 'sum' | 'machine'> & { sum: number; machine: number };

function beyond(with_: Shares, without: Shares | undefined): Parts {
  const of = (who: keyof Shares) => with_[who] - (without?.[who] ?? 0);
  const parts = {
    observer: of('observer'),
    ss: of('ss'),
    tracer: of('tracer'),
    lab: of('lab'),
    kernel: of('kernel'),
    load: of('server') + of('client'),
  };
  const sum = Object.values(parts).reduce((all, part) => all + part, 0);
  return { ...parts, sum, machine: of('machine') };
}

function costOf(all: readonly Parts[]): LedgerCost {
  const middle = (who: keyof Parts) => hundredths(median(all.map((parts) => parts[who])));
  const spread = (who: keyof Parts): Spread => {
    const values = all.map((parts) => parts[who]);
    return {
      median: middle(who),
      least: hundredths(Math.min(...values)),
      most: hundredths(Math.max(...values)),
    };
  };
  return {
    observer: middle('observer'),
    ss: middle('ss'),
    tracer: middle('tracer'),
    lab: middle('lab'),
    kernel: middle('kernel'),
    load: middle('load'),
    sum: spread('sum'),
    machine: spread('machine'),
  };
}

/** The ledger's part of the summary. */
export function ledgerGoals(rows: readonly LedgerRow[]): Goal[] {
  return rows.flatMap((row): Goal[] => {
    if (row.ledger === 'off') return [];
    const name = `ledger, ${loadWords({ load: row.load, connections: row.users })}, ${LEDGER_WORDS[row.ledger]}`;
    const atMost = COST_GOALS[row.load]?.[row.ledger];
    const untold = Math.max(0, row.connections - row.told);
    const figure = (what: string, value: number, unit: string, goal: number | null) =>
      goalOf({ name: `${name}: ${what}`, value, unit, goal, is: 'at most' });
    if (atMost !== undefined || isRate(row.load))
      return [figure('cost', row.cost.sum.median, '% of a core', atMost ?? null)];
    if (row.load === 'burst') return [figure('lost', Math.max(untold, row.lost, row.tracedLost), '', 0)];
    return [
      figure('not told', untold, '', null),
      figure('not recorded, and not counted as lost', Math.max(0, untold - row.lost), '', 0),
    ];
  });
}

/** What the reader has to know about these rows. */
export function ledgerNotes(rows: readonly LedgerRow[]): string[] {
  return rows.flatMap((row) => {
    const who = `ledger, ${loadWords({ load: row.load, connections: row.users })}, ${LEDGER_WORDS[row.ledger]}`;
    const notes: string[] = [];
    if (row.missing !== null) notes.push(`${who}: ${row.missing}: this row measures nothing`);
    else if (row.ledger !== 'off' && row.load !== 'idle' && row.told === 0)
      notes.push(`${who}: no connection was recorded: this row measures nothing`);
    if (row.failed > 0) notes.push(`${who}: ${row.failed} connections failed: this row measures nothing`);
    if (row.lateMs > LATE_MS)
      notes.push(`${who}: the client was ${row.lateMs} ms behind its rate: the machine was busy`);
    return notes;
  });
}

const LATE_MS = 250;

function tenths(number: number): number {
  return Math.round(number * 10) / 10;
}

function hundredths(number: number): number {
  return Math.round(number * 100) / 100;
}
