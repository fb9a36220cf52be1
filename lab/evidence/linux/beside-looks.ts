import type { BesideLook } from './beside-look.ts';
import { beginReaderThreads } from './reader-threads.ts';
import { beginUpstreamLook } from './upstream-look.ts';

/** Begun when the watch begins, in this order. */
const LOOKS: readonly (() => BesideLook)[] = [beginReaderThreads, beginUpstreamLook];

/** All of them as one. */
export function beginLooks(): BesideLook {
  const looks = LOOKS.map((begin) => begin());
  return (watched) => Object.assign({}, ...looks.map((look) => look(watched)));
}
