import type { FleetLine } from '../../robots/lines.ts';
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
        // A limit that somebody chose is the experiment: more processes would step around it.
        ...(explicit.has('robots_nofile') ? { SHARDS: '1' } : {}),
      },
      ...(settings.robots_nofile === undefined ? {} : { nofile: settings.robots_nofile }),
      onLine: (line) => onLine(line as FleetLine),
    });
  },
};

/** The load settings as the fleet reads them. */
export function robotsEnvironment(settings: Settings): Record<string, string> {
  return {
    USERS: String(settings.users),
    RAMP: settings.ramp,
    WAITING: String(settings.waiting),
    BETTING: settings.betting,
    ROUNDS: String(settings.rounds),
    SEED: String(settings.seed),
    CONNECT_TIMEOUT_MS: String(settings.connect_timeout_ms),
    // Without a round the users would be gone before the observer has seen them all there.
    HOLD_MS: String(settings.rounds > 0 ? settings.hold_ms : Math.max(settings.hold_ms, SEEN_MS)),
  };
}
