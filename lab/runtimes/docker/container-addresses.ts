import type { ContainerAddress } from '../../target/target-hosts.ts';
import { dockerClient, missingEngine } from './client.ts';

/**
 * The addresses of the running containers of this machine's engine; none where no engine answers, or DOCKER_HOST names one that may be
 * elsewhere.
 */
export async function containerAddresses(): Promise<ContainerAddress[]> {
  const host = process.env.DOCKER_HOST;
  if (host !== undefined && !host.startsWith('unix://')) return [];
  if ((await missingEngine()) !== undefined) return [];
  const all = await dockerClient()
    .listContainers()
    .catch(() => []);
  return all.flatMap(({ Names: [name = ''], NetworkSettings: { Networks } }) =>
    Object.values(Networks).flatMap(({ IPAddress, GlobalIPv6Address }) =>
      [IPAddress, GlobalIPv6Address]
        .filter((address) => address)
        .map((address) => ({ name: name.replace(/^\//, ''), address })),
    ),
  );
}
