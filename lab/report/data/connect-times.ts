import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Lines } from '../../evidence/packed-lines.ts';
import { darwinSynTimes, synTimes } from '../../laws/retransmission-law.ts';
import type { EffectiveSettings } from '../../run/effective-settings.ts';
import type { Chart } from '../chart.ts';
import { highest } from './axis.ts';

const BINS = 60;
const SMALLEST_MS = 5;

/** Connect times of all users, with those that failed later, and the moments at which a lost SYN is sent again. */
export function connectTimesChart(users: Lines<UserLine>, settings: EffectiveSettings): Chart | undefined {
  let largest = -1;
  for (const ms of timesOf(users)) largest = Math.max(largest, ms);
  if (largest < 0) return undefined;
  const width = histogramWidth(largest, BINS, SMALLEST_MS);
  const all = histogram(timesOf(users), width, largest);
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
        values: histogram(timesOf(users, true), width, largest),
      },
    ],
    limits: [],
    marks: resent(settings, end).map((at) => ({ at, says: `${at} s`, origin: 'predicted' })),
    group: null,
    height: 220,
  };
}

function* timesOf(users: Lines<UserLine>, failed = false): Generator<number> {
  for (const { connectedMs, outcome } of users)
    if (connectedMs !== undefined && !(failed && outcome === 'open')) yield Math.max(0, connectedMs);
}

const STEPS = [1, 2, 5];

/** Bins from 0 to the largest value, at most `bins` of them, with a round width of at least `smallest`. */
export function histogramWidth(largest: number, bins: number, smallest: number): number {
  let width = smallest;
  for (let step = 0; Math.floor(largest / width) >= bins; step += 1) {
    width = smallest * (STEPS[step % 3] as number) * 10 ** Math.floor(step / 3);
  }
  return width;
}

/** How many values, none of them negative, fall into each bin up to `largest`: bin i holds i × width ≤ value < (i + 1) × width. */
export function histogram(values: Iterable<number>, width: number, largest: number): number[] {
  const counts: number[] = new Array(Math.floor(largest / width) + 1).fill(0);
  for (const value of values) {
    const bin = Math.floor(value / width);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** When an unanswered SYN is sent again under these settings, s; as Linux had it before 6.5, or as macOS has it, where they do not say. */
export function resent(settings: EffectiveSettings, until: number): number[] {
  const {
    'net.inet.tcp.keepinit': keepinit,
    tcp_syn_linear_timeouts: linear = 0,
    tcp_syn_retries: retries = 6,
  } = settings;
  const { again } =
    keepinit === undefined ? synTimes(Number(retries), Number(linear)) : darwinSynTimes(Number(keepinit));
  return again.map((ms) => ms / 1000).filter((at) => at <= until);
}
