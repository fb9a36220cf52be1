import { lookup } from 'node:dns/promises';
import { UsageError } from '../../../common/errors.ts';
import { Hub } from '../channel/hub.ts';
import type { Member } from '../channel/member-at-lab.ts';
import type { MemberKind } from '../channel/messages.ts';
import { type ListeningWire, listenForMembers } from '../channel/ws-wire.ts';
import { ONE_GATEWAY } from './one-gateway.ts';

/** Those who were started join at once; a machine that is busy may take some seconds to start them. */
const JOIN_MS = 60_000;

/** The other containers of a compose stack, each of which has joined the channel. */
export interface Stack extends AsyncDisposable {
  gateway: Member;
  robots: Member[];
  k6: Member[];
}

/**
 * Listens for the containers of this stack, and resolves when all that were started have joined. Throws UsageError where the stack was scaled to
 * several gateways, CannotRunError when some do not join. Disposed of, it tells all that no more is to come.
 */
export async function joinStack({ CHANNEL = '', CHANNEL_TOKEN = '' }: NodeJS.ProcessEnv): Promise<Stack> {
  await refuseGateways();
  const wire = await listenForMembers(Number(CHANNEL.split(':')[1]), CHANNEL_TOKEN);
  const hub = new Hub(wire);
  try {
    const robots = await containersOf('robots');
    const k6 = await containersOf('k6');
    const [gateway] = await hub.wait('gateway', 1, JOIN_MS);
    return {
      gateway: gateway as Member,
      robots: await hub.wait('robots', robots, JOIN_MS),
      k6: await hub.wait('k6', k6, JOIN_MS),
      [Symbol.asyncDispose]: () => leave(hub, wire),
    };
  } catch (error) {
    await leave(hub, wire);
    throw error;
  }
}

async function leave(hub: Hub, wire: ListeningWire): Promise<void> {
  await hub.end();
  await wire[Symbol.asyncDispose]();
}

/** How many containers a service of this stack has: each has an address of the service's name. */
async function containersOf(service: MemberKind): Promise<number> {
  // Nobody of that name.
  const addresses = await lookup(service, { all: true, family: 4 }).catch(() => []);
  return addresses.length;
}

async function refuseGateways(): Promise<void> {
  const gateways = await containersOf('gateway');
  if (gateways > 1) throw new UsageError(`--scale gateway=${gateways}: ${ONE_GATEWAY}; allowed: 1`);
}
