import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DARWIN } from '../../../../../lab/laws/queue-model/darwin-counters.ts';

const FOLDER = join(import.meta.dirname, '../../../../fixtures/darwin/xnu');

/** Counters as XNU names them; one that is absent is 0. */
export type Counted = Partial<Record<keyof typeof NAMES, number>>;

const NAMES = {
  listendrop: DARWIN.listenDrop,
  badsyn: DARWIN.badSyn,
  drops: DARWIN.drops,
  conndrops: DARWIN.embryonic,
  closed: DARWIN.closed,
  accepts: DARWIN.accepts,
  connects: DARWIN.connects,
  rcvafterclose: DARWIN.afterClose,
  keepdrops: DARWIN.keepDrops,
  lo0_listbadsyn: DARWIN.listBadSyn,
} as const;

interface Limits {
  B: number;
  S?: number;
  limit: number | null;
  counters: Counted;
}

export interface RawRun extends Limits {
  way: 'a' | 'b' | 'c';
  N: number;
  k?: number;
  m?: number;
  random: number;
  held: number;
  halfOpen?: number;
  clients: string;
}

export interface LoopbackRun {
  params: {
    N: number;
    k: number;
    au: number;
    B: number;
    S: number;
    rnd: number;
    gap?: number;
    delayMs?: number;
    room?: number;
    compat?: number;
    wo?: number;
  };
  clients: string;
  counters: Counted;
  /** Held, half-open, complete. */
  peak: [number, number, number];
  connectedMs?: number[];
  endedMs?: number[];
}

export interface SpecialCase extends Limits {
  case: string;
  /** Those of which only the outcomes are there. */
  N?: number;
  random?: number;
  held?: number;
  halfOpen?: number;
  clients?: string;
  logs?: string[];
  events?: string[];
}

export interface ProgramCase {
  case: string;
  events: string[];
  counters: Counted;
}

export interface Extra {
  case: string;
  events?: string[];
  errnos?: Record<string, number>;
}

export interface TableRow {
  queue: number;
  users_in_a_batch: number;
  xnu_reset_least: number;
  xnu_reset_most: number;
}

export const readRaw = () => read<RawRun>('raw.ndjson.gz');
export const readLoopback = () => read<LoopbackRun>('loopback.ndjson.gz');
export const readSpecial = () => read<SpecialCase>('special.ndjson');
export const readPrograms = () => read<ProgramCase>('programs.ndjson');
export const readExtras = () => read<Extra>('extras.ndjson');
export const readTable = () => read<TableRow>('table.ndjson');

function read<T>(name: string): T[] {
  const bytes = readFileSync(join(FOLDER, name));
  const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

/** `3R2C` is RRRCC. */
export function unpacked(letters: string): string {
  return letters.replace(/(\d+)([A-Z])/g, (_, times: string, letter: string) => letter.repeat(Number(times)));
}

/** `accepts 40, not 39`, for each counter that is not as XNU has it. */
export function countersApart(
  xnu: Counted,
  model: Readonly<Record<string, number>>,
  of: readonly (keyof typeof NAMES)[] = Object.keys(NAMES) as (keyof typeof NAMES)[],
): string[] {
  return of
    .map((name) => [name, xnu[name] ?? 0, model[NAMES[name]] ?? 0] as const)
    .filter(([, theirs, ours]) => theirs !== ours)
    .map(([name, theirs, ours]) => `${name} ${theirs}, not ${ours}`);
}
