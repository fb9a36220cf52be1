import { defined } from '../../../common/defined.ts';
import { run } from '../../../system/darwin/command.ts';
import { whenTold, writeLine } from '../observing.ts';
import { DarwinObserver } from './observe.ts';

/**
 * The observer on macOS: with GATEWAY_PID, GATEWAY_PORT and GATEWAY_NOFILE it writes what linux/observer.ts writes on Linux, as often as the
 * commands allow, until TERM, or the end of stdin with LIFELINE=stdin.
 */
const { GATEWAY_PID, GATEWAY_PORT, GATEWAY_NOFILE, OBSERVE_MS = '200' } = process.env;
const stop = new AbortController();
whenTold(() => stop.abort());

await new DarwinObserver({
  pid: Number(GATEWAY_PID),
  port: Number(GATEWAY_PORT),
  ...defined({ nofile: GATEWAY_NOFILE === undefined ? undefined : Number(GATEWAY_NOFILE) }),
  everyMs: Number(OBSERVE_MS),
  run,
  write: writeLine,
  keep: writeLine,
}).watch(stop.signal);
process.exit(0);
