import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { Settings } from '../settings/schema.ts';
import type { Driver } from './driver.ts';

/** Some samples of the observer. */
const SEEN_MS = 250;

/** Our own fleet. */
export const robots: Driver = {
  name: 'robots',
  seesHandshake: true,
  async ready() {},
  check() {},
  start(stage, { host, port, settings, explicit, onLine }) {
    return stage.start({
      role: 'robots',
      module: 'robots/main.ts',
      env: {
        ...robotsEnvironment(settings),
        TARGET_HOST: host,
        TARGET_PORT: String(port),
        // A limit that somebody chose, or a case asks for, is the experiment: more processes would step around it.
        ...(explicit.has('robots_nofile') || tooSmall(settings) ? { SHARDS: '1' } : {}),
      },
      ...(settings.robots_nofile === undefined ? {} : { nofile: settings.robots_nofile }),
      onLine: (line) => onLine(line as FleetLine),
    });
  },
};

function tooSmall({ robots_nofile: limit, users }: Settings): boolean {
  return limit !== undefined && limit <= users;
}

/** The load settings as the fleet reads them. */
export function robotsEnvironment(settings: Settings): Record<string, string> {
  return {
    USERS: String(settings.users),
    RAMP: settings.ramp,
    WAITING: String(settings.waiting),
    KIND: settings.kind,
    ...(settings.kind === 'http' ? { TARGET_PATH: '/' } : {}),
    REQUESTS: String(settings.requests),
    REQUEST_GAP_MS: String(settings.request_gap_ms),
    UPGRADE_DELAY_MS: String(settings.upgrade_delay_ms),
    BET_BYTES: String(settings.bet_bytes),
    READ_PAUSE_MS: String(settings.read_pause_ms),
    STAY_MS: String(settings.stay_ms),
    RECONNECT: settings.reconnect,
    RECONNECT_MS: String(settings.reconnect_ms),
    BETTING: settings.betting,
    ROUNDS: String(settings.kind === 'ws' ? settings.rounds : 0),
    SEED: String(settings.seed),
    CONNECT_TIMEOUT_MS: String(settings.connect_timeout_ms),
    // The users would be gone before the observer has seen them all there, or what the last failure did to the counters.
    HOLD_MS: String(Math.max(settings.hold_ms, SEEN_MS)),
  };
}
