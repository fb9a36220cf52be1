import { writeSync } from 'node:fs';
import type { ObserverLine } from '../../../protocol/observer-events.ts';
import { run } from '../../../system/darwin/command.ts';
import { DarwinObserver } from './observe.ts';

/**
 * The observer on macOS: with GATEWAY_PID, GATEWAY_PORT and GATEWAY_NOFILE it writes what linux/observer.ts writes on Linux, as often as the
 * commands allow, until TERM, or the end of stdin with LIFELINE=stdin.
 */
const { GATEWAY_PID, GATEWAY_PORT, GATEWAY_NOFILE, OBSERVE_MS = '200', LIFELINE } = process.env;
const stop = new AbortController();
const end = () => stop.abort();

/** A pipe may take a long line in parts. */
function write(line: ObserverLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let from = 0; from < bytes.length; ) from += writeSync(1, bytes, from);
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
if (LIFELINE === 'stdin') process.stdin.resume().once('end', end).once('error', end);

await new DarwinObserver({
  pid: Number(GATEWAY_PID),
  port: Number(GATEWAY_PORT),
  ...(GATEWAY_NOFILE === undefined ? {} : { nofile: Number(GATEWAY_NOFILE) }),
  everyMs: Number(OBSERVE_MS),
  run,
  write,
  keep: write,
}).watch(stop.signal);
process.exit(0);
