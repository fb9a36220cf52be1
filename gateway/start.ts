import { Server } from 'node:net';
import { cgroupLimits } from '../system/cgroup.ts';
import { nofile, openDescriptors } from '../system/descriptors.ts';
import { startDelay } from '../system/loop-delay.ts';
import { Betting } from './bet-answers.ts';
import { Rounds } from './betting-rounds.ts';
import { certificateWith } from './certificates/certificate.ts';
import { drain } from './drain.ts';
import { Out } from './event-writer.ts';
import { Faults } from './faults.ts';
import { forsakeListener } from './forsaken-listener.ts';
import { readSettings, type Settings, SettingsError } from './gateway-settings.ts';
import { startHeartbeat } from './heartbeat.ts';
import { Ledger } from './ledger.ts';
import { listen } from './listen.ts';
import { Peers } from './peers.ts';
import { Restart } from './restart.ts';
import { sampler } from './sampler.ts';
import { createGateway } from './server.ts';
import { startTimeouts } from './timeouts.ts';

/** Longest wait for a slow reader of stdout before the gateway exits anyway. */
const LAST_WORDS_MS = 400;

/**
 * Runs the gateway with the settings of this environment; resolves when it listens. Bad settings and an address that
 * cannot be had end the process with code 2 and one line on stderr.
 * @throws {Error} with code EMFILE when the descriptors do not suffice to start.
 */
export async function start(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await run(readSettings(env));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`gateway: ${error.message}\n`);
    process.exit(2);
  }
}

async function run(settings: Settings): Promise<void> {
  const out = new Out(process.stdout);
  const peers = new Peers(out, settings);
  const ledger = new Ledger();
  const rounds = new Rounds(settings, peers, ledger, out);
  const betting = new Betting(rounds, ledger);
  const faults = new Faults(settings);
  const delay = startDelay(10, () => ({ bets: betting.counts.received, upgrades: peers.upgraded }));
  const opened = () => {
    faults.opened(peers.open.size);
    restart.opened(peers.open.size);
    if (peers.open.size === settings.ACCEPT_UNTIL_USERS && http.listening) forsakeListener(http);
  };
  const certificate = settings.TLS === 'off' ? undefined : await certificateWith(settings.TLS);
  const own = { ms: 0 };
  const worked = (began: number) => {
    own.ms += performance.now() - began;
    delay.mark();
  };
  const { http, turns } = createGateway({
    settings,
    peers,
    rounds,
    betting,
    certificate,
    opened,
    worked,
    handshakeBegun: delay.mark,
  });
  const restart = new Restart(settings, http, peers, out);
  const samples = sampler(
    { secure: certificate !== undefined, own, peers, turns, bets: betting.counts, out, delay },
    settings.SAMPLE_MS,
  );

  process.on('uncaughtExceptionMonitor', (error: NodeJS.ErrnoException) => {
    const { message, code } = error;
    out.last({
      event: 'error',
      at: Date.now(),
      fatal: true,
      message,
      ...(code && { code }),
    });
  });

  const endings: (() => void)[] = [];
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const began = performance.now();
    restart.stop();
    for (const end of endings) end();
    rounds.stop();
    const { open, cut } = await drain(http, peers);
    samples.stop();
    out.write({
      event: 'drained',
      at: Date.now(),
      open,
      cut,
      ms: Math.round(performance.now() - began),
      bets: betting.counts,
      recorded: ledger.entries - ledger.doubled,
      doubled: ledger.doubled,
    });
    await out.finish(LAST_WORDS_MS);
    process.exit(0);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  if (settings.LIFELINE === 'stdin') followLifeline();

  const { address, port } = await listen(http, settings);
  http.on('error', (error: NodeJS.ErrnoException) => {
    out.write({
      event: 'error',
      at: Date.now(),
      fatal: false,
      message: error.message,
    });
  });
  const limits = cgroupLimits();
  out.write({
    event: 'listening',
    at: Date.now(),
    pid: process.pid,
    host: address,
    port,
    backlog: settings.BACKLOG,
    nofile: nofile(),
    descriptorsAtRest: openDescriptors(),
    node: process.version,
    ...(limits && { limits }),
  });

  // An HTTP server would close the connections as well that wait for their next request.
  faults.unlisten = () => void Server.prototype.close.call(http);
  const heartbeat = startHeartbeat(peers, settings);
  faults.ping = heartbeat.ping;
  endings.push(heartbeat.stop, startTimeouts(peers, settings));
  if (settings.MAX_LIFETIME_S > 0) setTimeout(stop, settings.MAX_LIFETIME_S * 1000);
  samples.start();
  rounds.start();
}

// Exits at once, without a drain: who holds the other end is gone.
function followLifeline(): void {
  for (const event of ['end', 'error', 'close']) process.stdin.on(event, () => process.exit(0));
  process.stdin.resume();
}
