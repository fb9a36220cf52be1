import type { Estimate } from '../../climb/climb-document.ts';

const BYTES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
/** A fraction of more digits would tell nothing. */
const MOST_DIGITS = 2;

/** A size in the unit that a person would take: `24.9 GiB`. */
export function bytesText(bytes: number): string {
  const { unit, size } = unitOf(bytes);
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
}

/** A size with its standard error in the same unit: `24.93 ± 0.31 GiB`. */
export function estimatedBytes(estimate: Estimate): string {
  const { unit, size } = unitOf(estimate.value);
  return `${estimated({ value: estimate.value / size, error: estimate.error / size })} ${unit}`;
}

/** A figure with its standard error: both to so many digits as make two of the error, `812 ± 14`, `2.41 ± 0.08`. */
export function estimated({ value, error }: Estimate): string {
  const wanted = error > 0 ? 1 - Math.floor(Math.log10(error)) : MOST_DIGITS;
  const digits = Math.min(MOST_DIGITS, Math.max(0, wanted));
  const least = 10 ** -digits;
  const told = error > 0 && error < least / 2 ? `less than ${least}` : error.toFixed(digits);
  return `${value.toFixed(digits)} ± ${told}`;
}

function unitOf(bytes: number): { unit: string; size: number } {
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(bytes) || 1) / 10)));
  return { unit: BYTES[power] as string, size: 1024 ** power };
}
