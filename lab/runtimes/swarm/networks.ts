import type Docker from 'dockerode';
import { CannotRunError, messageOf } from '../../../common/errors.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { labelsOf, stackOf } from './stack-spec.ts';

const NETWORK_MS = 10_000;

/** Makes a network over all nodes, without a way out. `attachable`: for containers that are of no service as well. Throws CannotRunError. */
export async function makeNetwork(
  docker: Docker,
  label: string,
  name: string,
  attachable: boolean,
): Promise<Docker.Network> {
  return docker
    .createNetwork({
      Name: `${stackOf(label)}_${name}`,
      Driver: 'overlay',
      Internal: true,
      Attachable: attachable,
      Labels: labelsOf(label),
    })
    .catch((error) => {
      throw new CannotRunError(`swarm: the network ${name}: ${messageOf(error).trim()}`);
    });
}

/** The subnet that the swarm has given a network, `10.0.1.0/24`: some time after it was made. Throws CannotRunError. */
export async function subnetOf(network: Docker.Network): Promise<string> {
  const look = async () => {
    const { IPAM } = await network.inspect();
    return IPAM?.Config?.[0]?.Subnet as string | undefined;
  };
  const subnet = await retryUntil(look, { everyMs: 50, forMs: NETWORK_MS });
  if (subnet === undefined) throw new CannotRunError('swarm: the network arena: it is given no subnet');
  return subnet;
}

/** Of the swarm it has gone, of this engine some time after. */
const STILL_THERE = new Error('the engine still has the network');

/** Removes a network once its last task has gone. Throws what the engine says when that takes too long. */
export async function removeNetwork(network: Docker.Network): Promise<void> {
  let error: unknown;
  const remove = async () => {
    error = await network.remove().then(
      () => STILL_THERE,
      (reason) => (isGone(reason) ? undefined : reason),
    );
    return error === undefined || undefined;
  };
  if (!(await retryUntil(remove, { everyMs: 100, forMs: NETWORK_MS }))) throw error;
}

function isGone({ statusCode }: { statusCode?: number }): boolean {
  return statusCode === 404;
}
