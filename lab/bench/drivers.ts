import { defined } from '../../common/defined.ts';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { thisHost } from '../../system/host.ts';
import { findK6 } from '../../system/k6-binary.ts';
import { ensureArtillery } from './foreign/tools.ts';

/**
 * Who makes the load: our fleet through a whole life, our fleet that only connects, plain sockets; these two over TLS; k6 with
 * one user a VU, k6 with 500 sockets in a VU, artillery.
 */
export const BENCH_DRIVERS = [
  'robots',
  'robots-connect',
  'bare',
  'robots-tls',
  'bare-tls',
  'k6-vu',
  'k6-sockets',
  'artillery',
] as const;
export type BenchDriver = (typeof BENCH_DRIVERS)[number];

/** Not a driver, but rows of their own: what the ledger costs. */
export const LEDGER = 'ledger';
/** What \`--drivers\` takes. */
export const BENCH_NAMES: readonly string[] = [...BENCH_DRIVERS, LEDGER];

/** Without a list. */
const PLAIN: readonly BenchDriver[] = ['robots', 'robots-connect', 'bare'];
const SECURE: readonly BenchDriver[] = ['robots-tls', 'bare-tls'];
const OURS: readonly BenchDriver[] = [...PLAIN, ...SECURE];
const K6: readonly BenchDriver[] = ['k6-vu', 'k6-sockets'];

/** The drivers of a bench, where the foreign ones are, and what the reader has to know of those that are left out. */
export interface Choice {
  drivers: BenchDriver[];
  /** The rows of the ledger: `asked` for by name, `if possible` without a list. */
  ledger: 'asked' | 'if possible' | 'no';
  paths: Paths;
  notes: string[];
}

/** The tools that are not ours. */
export interface Paths {
  k6?: string;
  artillery?: string;
}

/**
 * The drivers that a list names; without a list our own that speak no TLS, and k6 where it is there. Throws UsageError for an unknown name
 * and CannotRunError for a driver that was asked for and cannot be had. Installs artillery when it is asked for.
 */
export async function chooseDrivers(list: string | undefined): Promise<Choice> {
  const named = list === undefined ? undefined : parseDrivers(list);
  const ledger = list?.split(',').some((text) => text.trim() === LEDGER) ? 'asked' : 'no';
  const linux = thisHost.platform === 'linux';
  const k6 = linux ? findK6() : { reason: NO_PROC };
  if (named === undefined)
    return 'path' in k6
      ? { drivers: [...PLAIN, ...K6], ledger: 'if possible', paths: { k6: k6.path }, notes: [] }
      : { drivers: [...PLAIN], ledger: 'if possible', paths: {}, notes: [`k6 left out: ${k6.reason}`] };
  const foreign = named.find((driver) => !OURS.includes(driver));
  if (foreign !== undefined && !linux) throw new CannotRunError(`--drivers ${foreign}: ${NO_PROC}`);
  const ofK6 = named.find((driver) => K6.includes(driver));
  if (ofK6 !== undefined && 'reason' in k6) throw new CannotRunError(`--drivers ${ofK6}: ${k6.reason}`);
  const artillery = named.includes('artillery') ? await ensureArtillery() : undefined;
  const paths = defined({ k6: 'path' in k6 ? k6.path : undefined, artillery });
  return { drivers: named, ledger, paths, notes: [] };
}

const NO_PROC = 'the cost of another program is read from /proc, which only Linux has';

/** The drivers among names with commas, in the order of BENCH_DRIVERS, each once. Throws UsageError for any other. */
export function parseDrivers(list: string): BenchDriver[] {
  const names = new Set(list.split(',').map((text) => text.trim()));
  for (const name of names) {
    if (!BENCH_NAMES.includes(name))
      throw new UsageError(`--drivers ${name}: allowed, separated by commas: ${BENCH_NAMES.join(', ')}`);
  }
  return BENCH_DRIVERS.filter((driver) => names.has(driver));
}

/** Does it live a whole life, one round of bets included? */
export function playsRound(driver: BenchDriver): boolean {
  return driver !== 'robots-connect' && driver !== 'bare' && !speaksTls(driver);
}

/** Is its gateway one that speaks TLS? */
export function speaksTls(driver: BenchDriver): boolean {
  return SECURE.includes(driver);
}

/** Start, and ms a user: generous on 2 cores that gateway and generator share. */
const ARRIVAL: Record<BenchDriver, readonly [startMs: number, perUserMs: number]> = {
  robots: [500, 0.5],
  'robots-connect': [500, 0.5],
  bare: [500, 0.5],
  'robots-tls': [500, 3],
  'bare-tls': [500, 3],
  'k6-vu': [3000, 2],
  'k6-sockets': [3000, 1.5],
  artillery: [6000, 2.5],
};

/** How long the users of a driver are given to come before the round that they bet in, ms. */
export function arrivalMs(driver: BenchDriver, users: number): number {
  const [start, each] = ARRIVAL[driver];
  return Math.round(start + each * users);
}
