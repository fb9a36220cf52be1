import { certificateWith } from '../../gateway/certificates/certificate.ts';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { TargetOptions } from '../../protocol/target-options.ts';
import { FLEET_OPTIONS } from '../../robots/node-options.ts';
import type { PartSpec } from '../runtimes/runtime.ts';
import { environmentOf, type Settings } from '../settings/schema.ts';
import type { Driver } from './driver.ts';

/** Some samples of the observer. */
const SEEN_MS = 250;

/**
 * Where several gateways and fleets share the processors, gateways that are behind come first, and a ramp takes as long as the processors
 * do for its users: else it is they, and no limit of a gateway, that users would fail by.
 */
const BESIDE_OTHERS = { COORDINATED: 'stdin', NICE: '10', ON_THE_WAY: '64' };

/** A name in the gateway's certificate, whatever the address is. */
const CERTIFIED = 'gateway';

/** The fleet as a part, wherever it runs. */
export const FLEET = {
  role: 'robots',
  module: 'robots/main.ts',
  nodeOptions: FLEET_OPTIONS,
} as const satisfies Partial<PartSpec>;

/** Our own fleet. */
export const robots: Driver = {
  name: 'robots',
  seesHandshake: true,
  async ready() {},
  check() {},
  async start(stage, { host, port, settings, explicit, share, onLine }) {
    return stage.start({
      ...FLEET,
      ...(share && { gateway: share.gateway, source: share.source }),
      env: {
        ...(await robotsEnvironment(settings)),
        TARGET_HOST: host,
        TARGET_PORT: String(port),
        ...(share && { ...BESIDE_OTHERS, USER_ID_BASE: String(share.firstId) }),
        // A limit that somebody chose, or a case asks for, is the experiment: more processes would step around it.
        ...(explicit.has('robots_nofile') || tooSmall(settings) ? { SHARDS: '1' } : {}),
      },
      nofile: settings.robots_nofile,
      onLine: (line) => onLine(line as FleetLine),
    });
  },
};

function tooSmall({ robots_nofile: limit, users }: Settings): boolean {
  return limit !== undefined && limit <= users;
}

/** The load settings as the fleet reads them. */
export async function robotsEnvironment(settings: Settings): Promise<Record<string, string>> {
  const { kind, tls } = settings;
  const options: TargetOptions | undefined =
    tls === 'off' ? undefined : { tls: { ca: (await certificateWith(tls)).cert, servername: CERTIFIED } };
  return {
    ...environmentOf('robots', settings),
    ...(options && { TARGET_OPTIONS: JSON.stringify(options) }),
    ...(kind === 'http' && { TARGET_PATH: '/' }),
    ...(kind !== 'ws' && { ROUNDS: '0' }),
    // The users would be gone before the observer has seen them all there, or what the last failure did to the counters.
    HOLD_MS: String(Math.max(settings.hold_ms, SEEN_MS)),
  };
}
