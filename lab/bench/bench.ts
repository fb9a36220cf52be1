import { createServer } from 'node:net';
import type { Runtime } from '../runtimes/runtime.ts';
import { checkCapacity } from '../settings/capacity.ts';
import { highestNofile } from '../settings/limits.ts';
import { type GivenSettings, type ResolvedSettings, resolveSettings } from '../settings/sources.ts';
import { BENCH_DRIVERS, type BenchDriver, type Trial } from './figures.ts';
import { runTrial } from './trial.ts';

const NOFILE = 20_000;
/** Descriptors of a process itself, generously. */
const REST = 100;
const QUEUE = 8192;
/**
 * connect(2) looks at every second port first, one by one (Linux net/ipv4/inet_hashtables.c __inet_hash_connect): of the
 * preset 28232 half are gone with 14116 users, and each further one looks at all of them. That is no cost of a robot.
 */
const PORTS = '1024-65535';

export interface BenchOptions {
  runtime: Runtime;
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
export async function runTrials({ runtime, users, repeat, signal, onTrial }: BenchOptions): Promise<Trial[]> {
  const port = runtime.name === 'native' ? await freePort() : 8080;
  const ask = (count: number, driver: BenchDriver) => benchSettings(runtime, port, count, driver);
  for (const count of users) await runtime.check(ask(count, 'robots'));
  const sizes = [1, ...users];
  const total = repeat * sizes.length * BENCH_DRIVERS.length;
  const trials: Trial[] = [];
  for (let round = 0; round < repeat; round++) {
    for (const count of sizes) {
      for (const driver of BENCH_DRIVERS) {
        onTrial?.(trials.length + 1, total, count, driver);
        trials.push(await runTrial(runtime, ask(count, driver), driver, signal));
      }
    }
  }
  return trials;
}

/** The same for every driver, but for the betting. Throws UsageError when there are not the ports or descriptors. */
function benchSettings(runtime: Runtime, port: number, users: number, driver: BenchDriver): ResolvedSettings {
  const nofile = Math.min(Math.max(NOFILE, users + REST), highestNofile());
  const given: GivenSettings = { users: { value: `${users}`, where: '--users' } };
  if (runtime.name === 'netns') given.ip_local_port_range = { value: PORTS, where: 'the bench' };
  const settings = resolveSettings([given], {
    nofile,
    robots_nofile: nofile,
    somaxconn: QUEUE,
    backlog: QUEUE,
    port,
    betting: 'herd',
    rounds: driver === 'robots' ? 1 : 0,
    // Everybody is in before the first round is over; then the whole life is one round.
    round_ms: 3000,
    pause_ms: 500,
    connect_timeout_ms: 60_000,
    hold_ms: 200,
  });
  checkCapacity(settings, runtime.name !== 'native');
  return settings;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 8080));
    });
  });
}
