import type { Evidence } from '../evidence/evidence.ts';
import { looksOf } from '../facts/waiting-looks.ts';

/** Somebody must have waited for so long, and nobody have been taken, before one is told to leave. Longer, and a short hold is over before. */
const WAITED_MS = 500;
const LOOK_EVERY_MS = 50;
/** So many samples hold that and more. */
const SAMPLES = 40;

/**
 * Once users wait for a server that takes nobody, and others are in, calls `letOneGo`, which makes one of these leave: whether another is
 * taken for it tells a limit from a server that is blocked. Once, until it is disposed of.
 */
export function letOneGoOnce(series: Evidence['observer']['series'], letOneGo: () => void): Disposable {
  const timer = setInterval(() => {
    if (!areStuck(series.slice(-SAMPLES))) return;
    clearInterval(timer);
    letOneGo();
  }, LOOK_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Somebody waits, somebody is served, and nobody was taken for so long. */
export function areStuck(series: Evidence['observer']['series']): boolean {
  const looks = looksOf(series);
  const last = looks.at(-1);
  if (last === undefined || last.held === 0 || last.queue + last.unread === 0) return false;
  const moved = looks.findLastIndex(
    ({ queue, unread, taken, readLate }) => queue + unread === 0 || taken + readLate > 0,
  );
  const since = looks[Math.max(0, moved)];
  return since !== undefined && last.at - since.at >= WAITED_MS;
}
