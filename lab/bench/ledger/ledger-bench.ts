import { highestNofile } from '../../../system/machine-limits.ts';
import { wayToTracefs } from '../../../system/tracefs/way-in.ts';
import type { Runtime } from '../../runtimes/runtime.ts';
import { resolveSettings } from '../../settings/setting-sources.ts';
import { hasSchedstat } from './cpu-time.ts';
import { LEDGER_WORDS, type LedgerCase, ledgerCases, loadWords, SIZES } from './ledger-case.ts';
import { type LedgerTrial, runLedgerTrial } from './ledger-trial.ts';
import { whyNotSmaller } from './small-buffer.ts';

/** Descriptors of a process itself, generously. */
const REST = 100;
const QUEUE = 8192;
const OBSERVER = 'lab/evidence/observer.ts';

export interface LedgerBenchOptions {
  runtime: Runtime;
  repeat: number;
  signal: AbortSignal;
  sizes?: typeof SIZES;
  /** The module of the observer. */
  observer?: string;
  /** Called before each trial. */
  onTrial?: (number: number, total: number, what: string) => void;
}

/** Why the ledger cannot be measured with this runtime; undefined: it can. */
export function whyNoLedger(runtime: Runtime, sizes = SIZES): string | undefined {
  if (runtime.name !== 'netns') return 'it needs a network namespace of its own: --runtime netns';
  if (!hasSchedstat()) return 'this kernel does not count the work of a thread (CONFIG_SCHED_INFO)';
  const needed = descriptors(sizes);
  if (highestNofile() < needed)
    return `it needs ${needed} descriptors, and the hard limit is ${highestNofile()}: ulimit -Hn`;
  return undefined;
}

/** Which cases can be had here, and why the others cannot. */
export function ledgerChoice(sizes = SIZES): { cases: LedgerCase[]; notes: string[] } {
  const way = wayToTracefs();
  const smaller = whyNotSmaller();
  return {
    cases: ledgerCases(sizes).filter(
      ({ ledger, load }) =>
        !(ledger === 'tracefs' && typeof way === 'string') && !(load === 'small' && smaller !== undefined),
    ),
    notes: [
      ...(typeof way === 'string' ? [`ledger with tracefs left out: ${way}`] : []),
      ...(smaller === undefined ? [] : [`ledger with a small buffer left out: ${smaller}`]),
    ],
  };
}

/** All trials; with and without the ledger in turn, so that a machine that is slow for a while is slow for both. */
export async function runLedgerTrials(options: LedgerBenchOptions): Promise<LedgerTrial[]> {
  const { runtime, repeat, signal, sizes = SIZES, observer = OBSERVER, onTrial } = options;
  const { cases } = ledgerChoice(sizes);
  const nofile = descriptors(sizes);
  const ports = { value: '1024-65535', where: 'the bench' };
  const settings = resolveSettings([{ ip_local_port_range: ports }], {
    nofile,
    robots_nofile: nofile,
    somaxconn: QUEUE,
    backlog: QUEUE,
    port: 8080,
  });
  await runtime.check(settings);
  const trials: LedgerTrial[] = [];
  for (let round = 0; round < repeat; round++) {
    for (const one of cases) {
      onTrial?.(trials.length + 1, repeat * cases.length, `${loadWords(one)}, ${LEDGER_WORDS[one.ledger]}`);
      trials.push(await runLedgerTrial(runtime, settings, one, round, observer, signal));
    }
  }
  return trials;
}

function descriptors(sizes: typeof SIZES): number {
  return Math.max(...Object.values(sizes).map(({ connections }) => connections)) + REST;
}
