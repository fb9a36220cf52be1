/** What is measured of the ledger. */

/** Who tells: nobody; `ss -E` and the port's table, for anybody; tracefs beside them, for root. */
export type Ledger = 'off' | 'ss' | 'tracefs';

/**
 * `rate`: connections that open, exchange one request and close, so many a second; half of them closed by the server; `elsewhere`: the same
 * with the client in a namespace of its own, as real users are. `idle`: so many that
 * stay and are silent. `burst`: so many, and the server's process ends, so that the kernel closes all of them at once; `small`: the same
 * with a receive buffer for `ss` as on a machine that was never tuned, and `ss` held up meanwhile, so that some must be lost.
 */
export type LoadKind = 'elsewhere' | 'rate' | 'idle' | 'burst' | 'small';

export interface LedgerCase {
  load: LoadKind;
  ledger: Ledger;
  /** A second with `rate`, else in all. */
  connections: number;
  /** How long it is measured, ms. */
  forMs: number;
}

/** Do connections come and go, so many a second? */
export function isRate(load: LoadKind): boolean {
  return load === 'rate' || load === 'elsewhere';
}

/** How many, and how long. */
export const SIZES: Record<LoadKind, Pick<LedgerCase, 'connections' | 'forMs'>> = {
  elsewhere: { connections: 2000, forMs: 8000 },
  rate: { connections: 2000, forMs: 8000 },
  idle: { connections: 10_000, forMs: 8000 },
  burst: { connections: 15_000, forMs: 3000 },
  small: { connections: 15_000, forMs: 3000 },
};

const LOADS: Record<LoadKind, readonly Ledger[]> = {
  elsewhere: ['off', 'ss'],
  rate: ['off', 'ss', 'tracefs'],
  idle: ['off', 'ss', 'tracefs'],
  burst: ['ss', 'tracefs'],
  small: ['ss'],
};

/** All of them in the order in which they run: beside each with the ledger comes the same without. */
export function ledgerCases(sizes = SIZES): LedgerCase[] {
  return (Object.keys(LOADS) as LoadKind[]).flatMap((load) =>
    LOADS[load].map((ledger): LedgerCase => ({ load, ledger, ...sizes[load] })),
  );
}

/** In words: `2000 connections a second`. */
export function loadWords({ load, connections }: Pick<LedgerCase, 'load' | 'connections'>): string {
  const many = {
    elsewhere: 'connections a second from elsewhere',
    rate: 'connections a second',
    idle: 'idle connections',
    burst: 'closed at once',
    small: 'closed at once, small buffer',
  };
  return `${connections} ${many[load]}`;
}

/** In words: what tells. */
export const LEDGER_WORDS: Record<Ledger, string> = {
  off: 'no ledger',
  ss: 'without root',
  tracefs: 'with tracefs',
};
