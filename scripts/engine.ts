/** `npm run engine [-- status|stop] [--json]`: see HELP. */
import { parseArgs } from 'node:util';
import { UsageError } from '../common/errors.ts';
import { tell } from '../common/tell.ts';
import { stopDaemon } from './engine/daemon.ts';
import { ensureEngine } from './engine/ensure.ts';
import { describe, status } from './engine/status.ts';

const HELP = `usage: npm run engine [-- VERB] [--json]
  start    (without a verb) make a Docker engine, docker compose and the base image available where that is possible
  status   say what there is
  stop     stop the engine, if it was started by this command or by npm test`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [verb = 'start', extra] = positionals;
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (extra !== undefined || !['start', 'status', 'stop'].includes(verb))
    throw new UsageError(`'${extra ?? verb}' is not a verb: start, status or stop`);
  if (verb === 'stop') {
    const stopped = await stopDaemon();
    console.error(stopped ? 'engine: stopped' : 'engine: none of ours is running');
    return 0;
  }
  if (verb === 'start') {
    const engine = await ensureEngine();
    if (!engine.available) {
      console.error(`engine: ${engine.reason}`);
      return 3;
    }
    for (const note of engine.notes) console.error(`engine: ${note}`);
  }
  const now = await status();
  console.log(values.json ? JSON.stringify(now, null, 2) : describe(now));
  return now.engine ? 0 : 3;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error & { code?: string }) => {
    // Of parseArgs, for a flag that it does not know.
    const usage = error.code?.startsWith('ERR_PARSE_ARGS') ? new UsageError(error.message) : undefined;
    process.exitCode = tell(usage ?? error, 'engine');
  },
);
