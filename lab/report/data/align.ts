import type { Table } from './decimate.ts';

/** A series with its own x, which must not fall. */
export interface Points {
  x: number[];
  values: number[];
}

/** Several series over one x: all their moments, with null where a series has none. */
export function align(series: readonly Points[]): Table {
  const x = [...new Set(series.flatMap((points) => points.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  const columns = series.map((points) => {
    const column: (number | null)[] = new Array(x.length).fill(null);
    for (const [index, at] of points.x.entries()) {
      column[place.get(at) as number] = points.values[index] as number;
    }
    return column;
  });
  return { x, columns };
}
