/**
 * A log scale that holds all of these, the least below and the largest above. Numbers under 1 stand at 1, for which there is no logarithm.
 * @param top the y of the largest, px
 * @param bottom the y of the least, px
 */
export function axisOf(
  numbers: readonly number[],
  top: number,
  bottom: number,
): { place(users: number): number; ticks: number[] } {
  const known = numbers.map((users) => Math.max(1, users));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const low = Math.floor(Math.log10(least));
  const high = Math.max(Math.log10(most), low + 1);
  const place = (users: number) =>
    bottom - ((Math.log10(Math.max(1, users)) - low) / (high - low)) * (bottom - top);
  const ticks = Array.from({ length: Math.floor(high + 1e-9) - low + 1 }, (_, index) => 10 ** (low + index));
  return { place, ticks };
}

/**
 * Where words stand that belong to these places, lowest first (the largest y first): as near as may be, and no two nearer than `least`.
 * All are within the bounds where those hold so many.
 */
export function spaced(places: readonly number[], least: number, [top, bottom]: [number, number]): number[] {
  const up: number[] = [];
  for (const y of places) up.push(Math.min(y, bottom, (up.at(-1) ?? Number.POSITIVE_INFINITY) - least));
  const down: number[] = [];
  for (const y of up.toReversed())
    down.push(Math.max(y, top, (down.at(-1) ?? Number.NEGATIVE_INFINITY) + least));
  return down.toReversed();
}
