/**
 * The same function, which computes once for each object and then remembers: for figures of all failed users that a cause needs for each
 * user. The object must not change afterwards.
 */
export function once<K extends object, T>(draw: (from: K) => T): (from: K) => T {
  const known = new WeakMap<K, { drawn: T }>();
  return (from) => {
    let one = known.get(from);
    if (one === undefined) {
      one = { drawn: draw(from) };
      known.set(from, one);
    }
    return one.drawn;
  };
}
