import { type Host, thisHost } from '../../system/host.ts';
import { availableMemory } from '../../system/memory.ts';
import { refused } from './refused.ts';
import type { ResolvedSettings } from './setting-sources.ts';
import { isTraced } from './traced.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What a gateway takes with its observer, the reader of its trace, and a fleet, whoever comes: bytes, measured (docs/scale.md). */
const GATEWAY_BYTES = 45 * MIB;
const TRACE_BYTES = 150 * MIB;
const FLEET_BYTES = 35 * MIB;
/** What a user takes at both ends, in the kernel as well: bytes, measured (docs/scale.md). */
const USER_BYTES = 40 * 1024;

/** About how many bytes gateways take, with so many fleets each, and users. */
export function memoryOf({ users, gateways, fleets, traced }: Parts): number {
  const each = GATEWAY_BYTES + (traced ? TRACE_BYTES : 0) + fleets * FLEET_BYTES;
  return gateways * each + users * USER_BYTES;
}

interface Parts {
  users: number;
  gateways: number;
  /** Of one gateway. */
  fleets: number;
  traced: boolean;
}

/**
 * Throws UsageError where several gateways, or the users of several, would take more memory than this machine has to give: how much, and
 * how many there is room for. One gateway is never refused: it is for a run to show what happens.
 */
export function checkMemory(settings: ResolvedSettings, sources: number, host: Host = thisHost): void {
  const { users, gateways } = settings.values;
  if (gateways * sources === 1) return;
  const available = availableMemory(host);
  const parts = { users, gateways, fleets: sources, traced: isTraced(settings.values) };
  const takes = memoryOf(parts);
  if (takes <= available) return;
  const beside = memoryOf({ ...parts, gateways: 0 });
  const each = memoryOf({ ...parts, users: 0, gateways: 1 });
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
