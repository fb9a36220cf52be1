import { type Host, thisHost } from '../../system/host.ts';
import { availableMemory } from '../../system/memory.ts';
import { refused } from './refused.ts';
import type { ResolvedSettings } from './setting-sources.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What a gateway takes with its observer, and a fleet, with nobody there: bytes (docs/scale.md). */
const GATEWAY_BYTES = 130 * MIB;
const FLEET_BYTES = 60 * MIB;
/** What a user takes at both ends, in the kernel as well (docs/scale.md). */
const USER_BYTES = 40 * 1024;

/** About how many bytes gateways, fleets and users take. */
export function memoryOf(users: number, gateways: number, fleets: number): number {
  return gateways * GATEWAY_BYTES + fleets * FLEET_BYTES + users * USER_BYTES;
}

/**
 * Throws UsageError where several gateways, or the users of several, would take more memory than this machine has to give: how much, and
 * how many there is room for. One gateway is never refused: it is for a run to show what happens.
 */
export function checkMemory(settings: ResolvedSettings, sources: number, host: Host = thisHost): void {
  const { users, gateways } = settings.values;
  if (gateways * sources === 1) return;
  const available = availableMemory(host);
  const takes = memoryOf(users, gateways, gateways * sources);
  if (takes <= available) return;
  const beside = memoryOf(users, 0, 0);
  const each = memoryOf(0, 1, sources);
  const room = Math.floor((available - beside) / each);
  const [name, most] =
    room >= 1
      ? (['gateways', `at most ${room}`] as const)
      : ([
          'users',
          `at most ${Math.max(1, Math.floor((available - gateways * each) / USER_BYTES))}`,
        ] as const);
  throw refused(
    settings,
    name,
    `${gateways} gateways with ${users} users would take about ${gib(takes)} GiB of memory, and ${gib(available)} GiB can be had; allowed: ${most}`,
  );
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}
