import type { FleetDoneLine, FleetSelf } from '../protocol/fleet-events.ts';
import type { Life } from './line.ts';

type Bottleneck = FleetDoneLine['bottlenecks'][number];

/** The part of the users' deadline that a blocked loop may take before their time-outs say more of us. */
const TOLERABLE_PART = 1 / 4;

/** Every way in which the fleet itself was the limit, with the number of users that met it. */
export function bottlenecks(
  self: FleetSelf,
  connectTimeoutMs: number,
  users: Iterable<Pick<Life, 'failure'>>,
): Bottleneck[] {
  const count = { 'no-fd': 0, 'no-port': 0, timeout: 0 };
  for (const { failure } of users) {
    if (failure !== undefined && failure.outcome in count) count[failure.outcome as 'no-fd']++;
  }
  const found: Bottleneck[] = [];
  if (count['no-fd'] > 0) {
    const says = `robots out of descriptors: nofile ${self.nofile} in ${self.processes} process(es)`;
    found.push({ what: 'descriptors', says, users: count['no-fd'] });
  }
  if (count['no-port'] > 0) {
    found.push({ what: 'ports', says: outOfPorts(self.ports), users: count['no-port'] });
  }
  const { max } = self.loop ?? { max: 0 };
  if (max > connectTimeoutMs * TOLERABLE_PART) {
    const says = `the robots' own event loop was blocked for ${max} ms of a deadline of ${connectTimeoutMs} ms`;
    found.push({ what: 'loop', says, users: count.timeout });
  }
  return found;
}

/** What robots say who had no more of these. */
export function outOfPorts({ first, last, addresses, taken = [] }: FleetSelf['ports']): string {
  const less = taken.length > 0 ? `, less ${taken.length} that listeners have or that are reserved` : '';
  return `robots out of local ports: ${first}-${last} on ${addresses} address(es)${less}`;
}
