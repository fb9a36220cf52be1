/** Series over the same x, of equal length. */
export interface Table {
  x: number[];
  columns: (number | null)[][];
}

/** The same of many rows, without nulls: numbers side by side. */
export interface LongTable {
  x: Float64Array;
  columns: Int32Array[];
}

/** A series with its own x, which must not fall: pairs of x and value. */
export type Points = readonly (readonly [x: number, value: number])[];

/** Several series over one x: all their moments, with null where a series has none. */
export function align(series: readonly Points[]): Table {
  const x = [...new Set(series.flatMap((points) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const columns = series.map((points) => {
    const values = new Map(points);
    return x.map((at) => values.get(at) ?? null);
  });
  return { x, columns };
}

/** The part of a table between these two x. `x` must not fall. */
export function between(table: Table | LongTable, [from, to]: readonly [number, number]): Table | LongTable {
  const { x } = table;
  let [first, end] = [0, x.length];
  while (first < end && (x[first] as number) < from) first += 1;
  while (end > first && (x[end - 1] as number) > to) end -= 1;
  return slice(table, first, end);
}

function slice(table: Table | LongTable, first: number, end: number): Table | LongTable {
  if (isLong(table)) {
    const { x, columns } = table;
    return { x: x.subarray(first, end), columns: columns.map((column) => column.subarray(first, end)) };
  }
  const { x, columns } = table;
  return { x: x.slice(first, end), columns: columns.map((column) => column.slice(first, end)) };
}

const isLong = (table: Table | LongTable): table is LongTable => table.x instanceof Float64Array;

/** Each column holds its value until its next one, 0 before the first. */
export function held({ x, columns }: Table): Table {
  return {
    x,
    columns: columns.map((values) => {
      let last = 0;
      return values.map((value) => {
        last = value ?? last;
        return last;
      });
    }),
  };
}

/**
 * At most `buckets` × (2 + 2 × columns) points: of each stretch of x the first, the last, and each column's lowest and
 * highest point. So no peak is lost, whatever the width, and every point left is one that was there. `x` must not fall.
 */
export function decimate(table: Table | LongTable, buckets: number): Table {
  const { x, columns } = table;
  if (x.length <= buckets) return { x: [...x], columns: columns.map((column) => [...column]) };
  const from = x[0] as number;
  const width = ((x.at(-1) as number) - from) / buckets;
  const keep: number[] = [];
  let start = 0;
  for (let index = 1; index <= x.length; index += 1) {
    const ends = index === x.length || bucketOf(index) !== bucketOf(start);
    if (!ends) continue;
    keep.push(...corners(columns, start, index - 1));
    start = index;
  }
  return pick(table, keep);

  function bucketOf(index: number): number {
    return width === 0 ? 0 : Math.min(buckets - 1, Math.floor(((x[index] as number) - from) / width));
  }
}

/** The points from `first` to `last` that matter, in order. */
function corners(columns: readonly ArrayLike<number | null>[], first: number, last: number): number[] {
  const found = new Set([first, last]);
  for (const column of columns) {
    let [low, high] = [-1, -1];
    for (let index = first; index <= last; index += 1) {
      const value = column[index];
      if (value === null || value === undefined) continue;
      if (low < 0 || value < (column[low] as number)) low = index;
      if (high < 0 || value > (column[high] as number)) high = index;
    }
    if (low >= 0) found.add(low).add(high);
  }
  return [...found].sort((a, b) => a - b);
}

function pick({ x, columns }: Table | LongTable, indices: number[]): Table {
  return {
    x: indices.map((index) => x[index] as number),
    columns: columns.map((column) => indices.map((index) => column[index] ?? null)),
  };
}
