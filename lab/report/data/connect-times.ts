import type { UserLine } from '../../../protocol/fleet-events.ts';
import { darwinSynTimes } from '../../laws/darwin-retransmission-law.ts';
import { type SynTimes, synTimes } from '../../laws/retransmission-law.ts';
import type { EffectiveSettings } from '../../run/verdict-document.ts';
import type { Chart } from '../chart.ts';
import { highest } from './axis.ts';
import { histogram, histogramWidth } from './histogram.ts';

const BINS = 60;
const SMALLEST_MS = 5;

/** Connect times of all users, with those that failed later, and the moments at which a lost SYN is sent again. */
export function connectTimesChart(
  users: readonly UserLine[],
  settings: EffectiveSettings,
): Chart | undefined {
  const connected = users.filter(({ connectedMs }) => connectedMs !== undefined);
  if (connected.length === 0) return undefined;
  const times = connected.map(({ connectedMs }) => Math.max(0, connectedMs as number));
  const failed = connected
    .filter(({ outcome }) => outcome !== 'open')
    .map(({ connectedMs }) => Math.max(0, connectedMs as number));
  const largest = highest(times);
  const width = histogramWidth(largest, BINS, SMALLEST_MS);
  const all = histogram(times, width, largest).counts;
  const end = ((all.length + 0.5) * width) / 1000;
  return {
    id: 'connect',
    x: {
      label: `in bins of ${width} ms`,
      unit: 's',
      scale: 'linear',
      values: all.map((_, bin) => ((bin + 0.5) * width) / 1000),
      range: [0, end],
      names: null,
    },
    y: { unit: 'users', scale: 'asinh', range: [0, highest(all) * 2] },
    series: [
      { name: 'connected', tone: 'open', origin: 'measured', draw: 'bars', values: all },
      {
        name: 'of these failed later',
        tone: 'failed',
        origin: 'measured',
        draw: 'bars',
        values: histogram(failed, width, largest).counts,
      },
    ],
    limits: [],
    marks: resent(settings, end).map((at) => ({ at, says: `${at} s`, origin: 'predicted' })),
    group: null,
    height: 220,
  };
}

/** When an unanswered SYN is sent again under these settings, s; as Linux had it before 6.5, or as macOS has it, where they do not say. */
export function resent(settings: EffectiveSettings, until: number): number[] {
  const keepinit = settings['net.inet.tcp.keepinit'];
  if (keepinit !== undefined) return upTo(until, darwinSynTimes(Number(keepinit)));
  const linear = Number(settings.tcp_syn_linear_timeouts ?? 0);
  const retries = Number(settings.tcp_syn_retries ?? 6);
  return upTo(until, synTimes(retries, linear));
}

function upTo(until: number, { again }: SynTimes): number[] {
  return again.map((ms) => ms / 1000).filter((at) => at <= until);
}
