import { lookup } from 'node:dns/promises';
import { UsageError } from '../../../common/errors.ts';

/** Why a stack has one gateway. */
export const ONE_GATEWAY = 'the lab of a stack looks on from the namespaces of its one gateway';

/** Throws UsageError where the stack was scaled to several gateways: of `host`, its name in the stack, there are several addresses. */
export async function refuseGateways(host = 'gateway'): Promise<void> {
  // Nobody of that name: the load itself will say so.
  const addresses = await lookup(host, { all: true, family: 4 }).catch(() => []);
  if (addresses.length > 1)
    throw new UsageError(`--scale gateway=${addresses.length}: ${ONE_GATEWAY}; allowed: 1`);
}
