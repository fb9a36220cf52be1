import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { highestNofile } from '../../system/machine-limits.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { checkCapacity } from '../settings/capacity.ts';
import { type GivenSettings, type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import { runTrial } from './bench-trial.ts';
import { arrivalMs, type BenchDriver, type Choice, playsRound, speaksTls } from './drivers.ts';
import type { Trial } from './figures.ts';

const NOFILE = 20_000;
/** Descriptors of a process itself, generously. */
const REST = 100;
const QUEUE = 8192;
/**
 * connect(2) looks at every second port first, one by one (Linux net/ipv4/inet_hashtables.c __inet_hash_connect): of the
 * preset 28232 half are gone with 14116 users, and each further one looks at all of them. That is no cost of a robot.
 */
const PORTS = '1024-65535';
/** A herd's bets must be through before the round closes. */
const ROUND_MS = 1000;
const ROUND_MS_PER_USER = 0.4;
const SHORTEST_ROUND_MS = 100;

interface BenchOptions {
  runtime: Runtime;
  choice: Choice;
  users: readonly number[];
  repeat: number;
  signal: AbortSignal;
  /** Called before each trial. */
  onTrial?: (number: number, total: number, users: number, driver: BenchDriver) => void;
}

/**
 * All trials, interleaved: each repetition goes through every number of users, and there through every driver, so that
 * a machine that is slow for a while is slow for all. Each begins with fleets of one, the cost of a user less.
 */
export async function runTrials(options: BenchOptions): Promise<Trial[]> {
  const { runtime, choice, users, repeat, signal, onTrial } = options;
  const port = runtime.name === 'native' ? await freePort() : 8080;
  if (choice.drivers.length === 0) return [];
  for (const count of users) await runtime.check(benchSettings(runtime, port, count, 'robots', 0));
  const sizes = [1, ...users];
  const total = repeat * sizes.length * choice.drivers.length;
  const trials: Trial[] = [];
  for (let round = 0; round < repeat; round++) {
    for (const count of sizes) {
      for (const driver of choice.drivers) {
        onTrial?.(trials.length + 1, total, count, driver);
        const run = (pauseMs: number) => {
          const settings = benchSettings(runtime, port, count, driver, pauseMs);
          return runTrial(runtime, settings, driver, choice.paths, signal);
        };
        const pauseMs = arrivalMs(driver, count);
        const trial = await run(pauseMs);
        // Who came after the round had begun waited for the next: not the same life.
        trials.push((trial.late ?? 0) > 0 ? await run(2 * pauseMs) : trial);
      }
    }
  }
  return trials;
}

/**
 * The same for every driver, but for TLS, the betting and the time to arrive. Throws UsageError when there are not the ports or
 * descriptors.
 */
function benchSettings(
  runtime: Runtime,
  port: number,
  users: number,
  driver: BenchDriver,
  pauseMs: number,
): ResolvedSettings {
  const nofile = Math.min(Math.max(NOFILE, users + REST), highestNofile());
  const given: GivenSettings = { users: { value: `${users}`, where: '--users' } };
  if (runtime.name === 'netns') given.ip_local_port_range = { value: PORTS, where: 'the bench' };
  const settings = resolveSettings([given], {
    nofile,
    robots_nofile: nofile,
    somaxconn: QUEUE,
    backlog: QUEUE,
    port,
    // The cheapest handshake, so that what a client costs beside it weighs most.
    tls: speaksTls(driver) ? 'ecdsa-p256' : 'off',
    betting: 'herd',
    rounds: playsRound(driver) ? 1 : 0,
    // Everybody comes between the first round and the second, bets in that, and leaves after it: each hears one whole
    // round, however long the others take to come.
    round_ms: playsRound(driver) ? ROUND_MS + Math.round(users * ROUND_MS_PER_USER) : SHORTEST_ROUND_MS,
    pause_ms: pauseMs,
    // A ping more for those that take longer would be no cost of theirs.
    heartbeat_ms: 0,
    connect_timeout_ms: 60_000,
    hold_ms: 200,
  });
  checkCapacity(settings, runtime.name !== 'native');
  return settings;
}

async function freePort(): Promise<number> {
  await using probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  return (probe.address() as AddressInfo).port;
}
