import { setPriority } from 'node:os';

/** Before all that it watches; it takes some percent of a processor (docs/bench.md). */
const FIRST = -10;

/** Where a machine is busier than it can be, whoever watches is not to be kept waiting: what it does not see is not known. Root alone may. */
export function comeFirst(): void {
  try {
    setPriority(FIRST);
  } catch {
    // As everybody else.
  }
}
