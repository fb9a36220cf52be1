import { writeSync } from 'node:fs';
import { DarwinObserver } from './observe.ts';
import { run } from './run.ts';

/**
 * The observer on macOS: with GATEWAY_PID, GATEWAY_PORT and GATEWAY_NOFILE it writes what linux/observer.ts writes on Linux, as often as the
 * commands allow, until TERM, or the end of stdin with LIFELINE=stdin.
 */
const { GATEWAY_PID, GATEWAY_PORT, GATEWAY_NOFILE, OBSERVE_MS = '200', LIFELINE } = process.env;
const stop = new AbortController();
const end = () => stop.abort();

process.once('SIGTERM', end);
process.once('SIGINT', end);
if (LIFELINE === 'stdin') process.stdin.resume().once('end', end).once('error', end);

await new DarwinObserver({
  pid: Number(GATEWAY_PID),
  port: Number(GATEWAY_PORT),
  ...(GATEWAY_NOFILE === undefined ? {} : { nofile: Number(GATEWAY_NOFILE) }),
  everyMs: Number(OBSERVE_MS),
  run,
  write: (line) => void writeSync(1, `${JSON.stringify(line)}\n`),
}).watch(stop.signal);
process.exit(0);
