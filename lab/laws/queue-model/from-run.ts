import { defined } from '../../../common/defined.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { LinuxSettings, ModelInput, ModelLink } from './model-input.ts';

/** A SYN is sent again after a second: users who open within this time of each other did not wait for that in between, ms. */
const WAVE_MS = 900;

/** Users who follow each other sooner come as fast as they can, ms. */
const BURST_GAP_MS = 0.5;

/**
 * The input that stands for a run on Linux: settings and descriptors as they were read back, users as they arrived, the accept rate as it
 * was in the busiest second. Undefined when the run did not come so far that this is known.
 */
export function linuxInputOf(evidence: Evidence): ModelInput | undefined {
  const { gateway, observer, asked } = evidence;
  const { process } = observer.before ?? {};
  const users = [...evidence.fleet.users].sort((a, b) => a.startedAt - b.startedAt);
  const settings = linuxSettingsOf(evidence);
  const [first] = users;
  if (settings === undefined || first === undefined) return undefined;
  const origin = first.startedAt;
  return {
    dialect: 'linux',
    settings,
    arrivals: users.map(({ startedAt }) => startedAt - origin),
    waiting: asked.waiting,
    server: {
      acceptRate: acceptRateOf(users, asked.handshake_cost_ms),
      serveMs: asked.handshake_cost_ms,
      ...defined({
        stoppedUntilMs: gateway.stopped && gateway.stopped.to - origin,
        nofile: process?.nofileHard,
        descriptorsAtRest: process?.descriptors,
      }),
    },
    link: linkOf(evidence),
    client: { patienceMs: asked.connect_timeout_ms, stepMs: stepOf(users) },
    seed: asked.seed,
  };
}

function linuxSettingsOf({ gateway, observer, fleet }: Evidence): LinuxSettings | undefined {
  const { sysctls } = observer.before ?? {};
  const backlog = gateway.listening?.backlog;
  if (sysctls?.somaxconn === undefined || backlog === undefined) return undefined;
  const number = (name: string) => (sysctls[name] === undefined ? undefined : Number(sysctls[name]));
  const own = fleet.done?.self.sysctls ?? {};
  return {
    backlog,
    somaxconn: Number(sysctls.somaxconn),
    ...defined({
      tcp_max_syn_backlog: number('tcp_max_syn_backlog'),
      tcp_abort_on_overflow: number('tcp_abort_on_overflow'),
      tcp_syncookies: number('tcp_syncookies'),
      tcp_synack_retries: number('tcp_synack_retries'),
    }),
    tcp_syn_retries: own.tcp_syn_retries ?? number('tcp_syn_retries') ?? 6,
    // Kernels before 6.5 have no linear time-outs.
    tcp_syn_linear_timeouts: own.tcp_syn_linear_timeouts ?? number('tcp_syn_linear_timeouts') ?? 0,
  };
}

/**
 * Users a second that the server took, as long as it had nothing to wait for and apart from its work for their requests; Infinity where
 * that work is all.
 */
function acceptRateOf(users: readonly UserLine[], serveMs: number): number {
  const opened = users
    .flatMap(({ startedAt, openMs }) => (openMs === undefined ? [] : [startedAt + openMs]))
    .sort((a, b) => a - b);
  const wave = busiest(opened);
  const each = ((wave.at(-1) ?? 0) - (wave[0] ?? 0)) / Math.max(1, wave.length - 1);
  return each > serveMs ? 1000 / (each - serveMs) : Number.POSITIVE_INFINITY;
}

/** Of ascending times, those of the wave with the most in it. */
function busiest(times: readonly number[]): readonly number[] {
  let best: readonly number[] = [];
  let from = 0;
  for (const [to, time] of times.entries()) {
    while (time - (times[from] as number) >= WAVE_MS) from += 1;
    if (to + 1 - from > best.length) best = times.slice(from, to + 1);
  }
  return best;
}

/** What the robots took for a step of a user when all came at once, ms; 0 for users with a pause between them. */
function stepOf(users: readonly UserLine[]): number {
  const first = users[0]?.startedAt ?? 0;
  const gap = ((users.at(-1)?.startedAt ?? first) - first) / users.length;
  // Two steps each: to connect, to send the request.
  return gap < BURST_GAP_MS ? gap / 2 : 0;
}

function linkOf({ link, asked }: Evidence): ModelLink {
  if (link === undefined) return { kind: 'synchronous' };
  const { delayMs } = link;
  // The last ACKs of those that wait are still on their way when the first user starts.
  return link.qdisc === 'tbf'
    ? { kind: 'spaced', delayMs, busyMs: asked.waiting * delayMs }
    : { kind: 'delay', delayMs };
}
