import assert from 'node:assert/strict';

/**
 * A test of what must be said. What `known` names is said wrongly today, and the right answer stands beside it all the same: its
 * test goes red as soon as that is what is said, so that it is taken off the list.
 */
export function itSays<T>(known: ReadonlySet<string>, what: string, right: T, said: () => T): void {
  if (!known.has(what)) it(what, () => assert.deepEqual(said(), right));
  else
    it(`${what} (known to be wrong)`, () =>
      assert.notDeepEqual(
        said(),
        right,
        'it is right now: take it off the list of what is known to be wrong',
      ));
}
