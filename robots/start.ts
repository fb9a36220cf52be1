import { createInterface } from 'node:readline';
import { Changes } from './changes.ts';
import type { Gate } from './crowd.ts';
import { runFleet } from './fleet.ts';
import { Out } from './ndjson-writer.ts';
import { followOrders } from './orders.ts';
import { readSettings, type Settings, SettingsError } from './robots-settings.ts';

/**
 * Runs the fleet with the settings of this environment and ends the process: code 0 when it could measure, 2 and one
 * line on stderr for a setting that is not allowed.
 */
export async function start(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(readSettings(env), env);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`robots: ${error.message}\n`);
    process.exit(2);
  }
}

async function run(settings: Settings, env: NodeJS.ProcessEnv): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on('SIGTERM', interrupt).on('SIGINT', interrupt);
  if (settings.LIFELINE === 'stdin' || settings.COORDINATED === 'stdin') {
    for (const event of ['end', 'error', 'close']) process.stdin.on(event, interrupt);
    process.stdin.resume();
  }
  if (settings.MAX_LIFETIME_S > 0) setTimeout(interrupt, settings.MAX_LIFETIME_S * 1000);
  if (settings.ORDERS_DIR !== '') {
    await followOrders(settings.ORDERS_DIR, env, stop.signal);
    return;
  }
  const out = new Out(process.stdout);
  const gate = settings.COORDINATED === 'stdin' ? gateOnStdin(out, stop.signal) : async () => {};
  await runFleet(settings, {
    write: (line) => out.write(line),
    writeText: (text) => out.writeText(text),
    gate,
    signal: stop.signal,
  });
  await out.finish();
}

/** Says that it waits, and goes on when a line on stdin names the phase. */
function gateOnStdin(out: Out, signal: AbortSignal): Gate {
  const said = new Set<string>();
  const changes = new Changes();
  createInterface(process.stdin).on('line', (line) => {
    said.add(line);
    changes.happened();
  });
  signal.addEventListener('abort', () => changes.happened());
  return async (phase) => {
    out.write({ event: 'waiting', for: phase });
    await changes.until(() => said.has(phase) || signal.aborted);
  };
}
