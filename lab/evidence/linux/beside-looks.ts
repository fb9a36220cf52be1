import type { BesideLook } from './beside-look.ts';
import { filterRules } from './filter-rules.ts';
import { kernelTables } from './kernel-tables.ts';
import { otherEnds } from './other-ends.ts';
import { beginReaderThreads } from './reader-threads.ts';
import { beginTaskLimits } from './task-limits.ts';
import { unmetConnects } from './unmet-connects.ts';
import { beginUpstreamLook } from './upstream-look.ts';

/** Begun when the watch begins, in this order. */
const LOOKS: readonly (() => BesideLook)[] = [
  beginReaderThreads,
  beginTaskLimits,
  beginUpstreamLook,
  filterRules,
  otherEnds,
  unmetConnects,
  () => kernelTables(),
];

/** All of them as one. */
export function beginLooks(): BesideLook {
  const looks = LOOKS.map((begin) => begin());
  return (watched) => Object.assign({}, ...looks.map((look) => look(watched)));
}
