import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { DARWIN } from '../../../lab/laws/queue-model/darwin-counters.ts';
import type { Extra } from './extras.ts';

/** Synthetic evidence of a Mac: nobody has measured it on one. `mac` first, then the others. */
export const DARWIN_EXTRAS: Record<string, Extra> = {
  /** `mac=root`, `mac=user`: the same run on macOS, native; without root the TCP statistics are absent, those of lo0 are there. */
  mac(evidence, value) {
    evidence.host = { os: 'darwin', kernel: '24.5.0', node: 'v24' };
    evidence.runtime = 'native';
    evidence.exclusive = false;
    const { before, series } = evidence.observer;
    if (before === undefined) return;
    before.sysctls = { 'kern.ipc.somaxconn': '128', 'kern.ipc.soqlimitcompat': '1' };
    before.counters = {
      'darwin lo0 Ipkts': 10,
      'darwin lo0 Opkts': 10,
      'darwin lo0 Ierrs': 0,
      [DARWIN.listBadSyn]: 3,
      ...(value === 'root'
        ? { [DARWIN.listenDrop]: 40, [DARWIN.badSyn]: 3, [DARWIN.afterClose]: 1, [DARWIN.drops]: 2 }
        : {}),
    };
    for (const line of series) {
      const drops = line.deltas['lo rx_dropped'] ?? 0;
      if (Object.keys(line.deltas).length > 0) line.deltas = { 'darwin lo0 Ierrs': drops };
      line.listenQueue = { qlen: line.acceptQueue ?? 0, incqlen: 0, maxqlen: 128 };
    }
  },
  /** `overflows=900`: growth of `listen queue overflows`, which root alone reads. */
  overflows: (evidence, value) => grow(evidence, DARWIN.listenDrop, value),
  /** `refused=900`: growth of what the listener answered with RST, in each counter of it that is there. */
  refused(evidence, value) {
    for (const name of [DARWIN.badSyn, DARWIN.listBadSyn]) grow(evidence, name, value);
  },
  /** `afterclose=425`: growth of `packets received after close`. */
  afterclose: (evidence, value) => grow(evidence, DARWIN.afterClose, value),
  /** `shape=128/37/128`: what netstat -L showed in the first second. */
  shape({ observer }, value) {
    const [qlen = 0, incqlen = 0, maxqlen = 0] = value.split('/').map(Number);
    const from = observer.series[0]?.at ?? 0;
    for (const line of observer.series.filter(({ at }) => at < from + 1000))
      line.listenQueue = { qlen, incqlen, maxqlen };
  },
  /** `lo0=unread`: not even the statistics of lo0 could be read. */
  lo0({ observer }) {
    if (observer.before) delete observer.before.counters[DARWIN.listBadSyn];
  },
};

/** A counter that is not there before the load has no growth. */
function grow({ observer }: Evidence, name: string, value: string): void {
  if (observer.before && !(name in observer.before.counters)) return;
  for (const { deltas } of observer.series) if (Object.keys(deltas).length > 0) deltas[name] = Number(value);
}
