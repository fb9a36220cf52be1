import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { defined } from '../common/defined.ts';
import { Changes } from './changes.ts';
import { Crowd, type Gate, type Surroundings } from './crowd.ts';
import { Out } from './ndjson-writer.ts';
import { readSettings, type Settings, SettingsError } from './robots-settings.ts';
import { SelfWatch } from './self.ts';
import { addressOf, checkSources, sourceTowards } from './server-address.ts';
import { runShards } from './shards.ts';

/** Asks for one user to leave that is in. */
const LET_ONE_GO = 'SIGUSR2';

/** Descriptors that stay free beside the users' sockets. */
const MARGIN = 16;

/**
 * Runs the fleet with the settings of this environment and ends the process: code 0 when it could measure, 2 and one
 * line on stderr for a setting that is not allowed.
 */
export async function start(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(readSettings(env));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`robots: ${error.message}\n`);
    process.exit(2);
  }
}

async function run(settings: Settings): Promise<void> {
  if (settings.NICE > 0) setPriority(settings.NICE);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on('SIGTERM', interrupt).on('SIGINT', interrupt);
  // Before there is a crowd, and where it is in several processes, it is asked in vain.
  process.on(LET_ONE_GO, () => {});
  if (settings.LIFELINE === 'stdin' || settings.COORDINATED === 'stdin') {
    for (const event of ['end', 'error', 'close']) process.stdin.on(event, interrupt);
    process.stdin.resume();
  }
  if (settings.MAX_LIFETIME_S > 0) setTimeout(interrupt, settings.MAX_LIFETIME_S * 1000);
  const out = new Out(process.stdout);
  const gate = settings.COORDINATED === 'stdin' ? gateOnStdin(out, stop.signal, settings) : async () => {};
  await runFleet(settings, {
    write: (line) => out.write(line),
    writeText: (text) => out.writeText(text),
    gate,
    signal: stop.signal,
  });
  await out.finish();
}

/**
 * Runs the whole load: in this process when the descriptors suffice, else in as many as they need.
 * @throws {SettingsError} when TARGET_HOST or SOURCE_ADDRESSES cannot be used.
 */
async function runFleet(settings: Settings, around: Surroundings): Promise<void> {
  const address = await addressOf(settings.TARGET_HOST);
  await checkSources(settings.SOURCE_ADDRESSES);
  const self = new SelfWatch(settings.SOURCE_ADDRESSES.length);
  const shards = settings.SHARDS || Math.ceil(settings.USERS / Math.max(1, self.room - MARGIN));
  if (shards > 1) {
    await runShards({ ...settings, SHARDS: Math.min(shards, settings.USERS) }, self, around);
    return;
  }
  const crowd = new Crowd(settings, address, self, around);
  const interrupt = () => crowd.interrupt();
  around.signal.addEventListener('abort', interrupt);
  if (around.signal.aborted) interrupt();
  const letOneGo = () => crowd.letOneGo();
  process.on(LET_ONE_GO, letOneGo);
  await crowd.live(around.gate);
  process.off(LET_ONE_GO, letOneGo);
  around.signal.removeEventListener('abort', interrupt);
}

/**
 * Says that it waits, and goes on when a line on stdin names the phase: at once, or, where a moment stands behind its name, at that one, ms
 * since the epoch by the clock of this machine.
 */
function gateOnStdin(out: Out, signal: AbortSignal, { TARGET_HOST }: Settings): Gate {
  const said = new Map<string, number>();
  const changes = new Changes();
  createInterface(process.stdin).on('line', (line) => {
    const [phase = '', moment = 0] = line.split(' ');
    said.set(phase, Number(moment));
    changes.happened();
  });
  signal.addEventListener('abort', () => changes.happened());
  return async (phase) => {
    const address = phase === 'load' ? await sourceTowards(await addressOf(TARGET_HOST)) : undefined;
    out.write({ event: 'waiting', for: phase, ...defined({ address }) });
    await changes.until(() => said.has(phase) || signal.aborted);
    const leftMs = () => (said.get(phase) ?? 0) - Date.now();
    // A timer may fire a little early.
    while (leftMs() > 0 && !signal.aborted) await changes.until(() => signal.aborted, leftMs());
  };
}
