/**
 * Loaded before a part by Node's `--import`, to try what a clock that is off does: no process can have a wall clock of its own
 * (time_namespaces(7) has the others). The part's is ahead by `ms`, behind where that is negative, and so are those of all that it starts,
 * since they inherit NODE_OPTIONS:
 *
 *     NODE_OPTIONS=--import=file:///app/docker/clock-off.mjs?ms=3000
 *
 * With `&on=node2&here={{.Node.Hostname}}`, which Swarm fills in for each task, the clock of the parts on that machine alone.
 *
 * What the parts read is covered: Date, performance.timeOrigin, and the time a file was written, by which the ledger tells when `ss` spoke.
 * Monotonic clocks stay as they are; so do those of what is not Node: k6, and the shell that says how a container's program ended.
 *
 * This is JavaScript, since to strip types takes 20 MB of a process, and its part would not have them without it.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const asked = new URL(import.meta.url).searchParams;
const ms = Number(asked.get('ms') ?? Number.NaN);
if (!Number.isInteger(ms)) throw new Error(`clock-off: ms=${asked.get('ms')}; allowed: a whole number of ms`);
if (ms !== 0 && asked.get('on') === asked.get('here')) turn();

function turn() {
  const { now } = Date;
  const RealDate = Date;
  RealDate.now = () => now() + ms;
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(RealDate.now()).toString(),
    construct: (target, given, as) =>
      Reflect.construct(target, given.length > 0 ? given : [RealDate.now()], as),
  });
  const { timeOrigin } = performance;
  Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + ms });
  const { fstatSync } = fs;
  fs.fstatSync = (...given) => {
    const stats = fstatSync(...given);
    // Big numbers are as they were asked for.
    if (typeof stats?.mtimeMs === 'number') stats.mtimeMs += ms;
    return stats;
  };
  syncBuiltinESMExports();
}
