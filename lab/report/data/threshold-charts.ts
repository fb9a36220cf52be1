import type { ThresholdsDocument } from '../../threshold/threshold-document.ts';
import type { Chart, Series } from '../chart.ts';
import { scaleFor, spread } from './axis.ts';

/** The value of a setting as a number: `64`, or how many ports `40000-40099` are. Null for anything else. */
export function numberOf(value: string): number | null {
  const ports = /^(\d+)[\s-]+(\d+)$/.exec(value.trim());
  if (ports) return Number(ports[2]) - Number(ports[1]) + 1;
  return value.trim() === '' || !Number.isFinite(Number(value)) ? null : Number(value);
}

/** The values along x: numbers on a log axis where that can be, else names side by side. */
export function valueAxis(label: string, values: readonly string[]): Chart['x'] {
  const numbers = values.map(numberOf);
  const usable = numbers.every((value) => value !== null) && new Set(numbers).size === numbers.length;
  if (!usable) {
    const places = values.map((_, index) => index);
    return {
      label,
      unit: '',
      scale: 'linear',
      values: places,
      range: [-0.5, values.length - 0.5],
      names: [...values],
    };
  }
  const scale = scaleFor(numbers);
  return { label, unit: '', scale, values: numbers, range: spread(numbers, scale), names: null };
}

/** Measured against predicted, and the error beside it, by value of the setting. Null when there is no point. */
export function thresholdCharts(document: ThresholdsDocument): { both: Chart; error: Chart } | null {
  const points = sorted(document);
  if (points.length === 0) return null;
  const x = valueAxis(
    document.vary,
    points.map(({ value }) => value),
  );
  const measured = points.map((point) => point.measured);
  const predicted = points.map((point) => point.predicted);
  const errors = points.map((point) => point.error);
  const y = scaleFor([...measured, ...predicted], 2);
  const highest = errors.reduce<number>((top, error) => Math.max(top, Math.abs(error ?? 0)), 1) * 1.3;
  const known = (series: Series) => series.values.some((value) => value !== null);
  const shared = { x, limits: [], marks: [], group: 'value' } as const;
  return {
    both: {
      ...shared,
      id: 'threshold',
      limits: [],
      marks: [],
      y: { unit: 'users', scale: y, range: spread([...measured, ...predicted], y) },
      series: [
        { name: 'predicted', tone: 'law', origin: 'predicted', draw: 'dots', values: predicted } as Series,
        { name: 'measured', tone: 'open', origin: 'measured', draw: 'dots', values: measured } as Series,
      ].filter(known),
      height: 320,
    },
    error: {
      ...shared,
      id: 'error',
      limits: [{ at: 0, says: '', origin: 'measured' }],
      marks: [],
      y: { unit: 'users', scale: 'linear', range: [-highest, highest] },
      series: [
        { name: 'measured − predicted', tone: 'failed', origin: 'measured', draw: 'dots', values: errors },
      ],
      height: 320,
    },
  };
}

/** By size, where the values are numbers. */
function sorted({ points }: ThresholdsDocument): ThresholdsDocument['points'] {
  return [...points].sort((a, b) => (numberOf(a.value) ?? 0) - (numberOf(b.value) ?? 0));
}
