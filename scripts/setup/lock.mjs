import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A holder that did not touch its lock for this long (ms) is gone, however it ended. */
const STALE = 15_000;
const BEAT = 2_000;

/**
 * Takes the lock folder `path`, waiting for another holder to end; `onWait` is called once if there is one. A holder
 * that was killed is noticed, at once on this machine and after 15 s from another container. Gives the function that
 * releases it.
 *
 * @param {string} path
 * @param {() => void} [onWait]
 * @returns {Promise<() => void>}
 */
export async function acquire(path, onWait = () => {}) {
  const owner = join(path, 'owner.json');
  for (let first = true; ; first = false) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isStale(path, owner)) breakLock(path);
    else if (first) onWait();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  writeFileSync(owner, JSON.stringify({ pid: process.pid, host: hostname() }));
  const beat = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Taken from us after we were stopped for long (Ctrl-Z); there is nothing left to keep.
    }
  }, BEAT);
  return () => {
    clearInterval(beat);
    rmSync(path, { recursive: true, force: true });
  };
}

function isStale(path, owner) {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE) return true;
    const { pid, host } = JSON.parse(readFileSync(owner, 'utf8'));
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // No such process; anything else (not yet written, just released, another user's) is no proof.
    return error.code === 'ESRCH';
  }
}

/** Takes a dead holder's lock away. Of two that try, one renames it; the other finds nothing, or a new lock. */
function breakLock(path) {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    // Between the look and the rename the lock may have been broken and taken anew: then that one goes back.
    if (!isStale(aside, join(aside, 'owner.json'))) renameSync(aside, path);
  } catch {
    // Somebody else was quicker: look again.
  }
  rmSync(aside, { recursive: true, force: true });
}
