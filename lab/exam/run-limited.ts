/**
 * Works on all items in their order, `width` at a time, and gives a promise for each at once. Until somebody asks for it, a
 * failure is nobody's.
 */
export function startAll<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result>[] {
  const results = items.map(() => Promise.withResolvers<Result>());
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const result = results[index];
      await work(items[index] as Item).then(result?.resolve, result?.reject);
    }
  };
  for (let count = 0; count < Math.min(width, items.length); count += 1) void lane();
  for (const { promise } of results) promise.catch(() => {});
  return results.map(({ promise }) => promise);
}
