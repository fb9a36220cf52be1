import { existsSync } from 'node:fs';
import Docker from 'dockerode';

/** A client for the engine that DOCKER_HOST names, else the local socket. */
export function dockerClient(): Docker {
  return new Docker();
}

/** Undefined when an engine answers within 3 s, else what is missing and how to get it. */
export async function missingEngine(): Promise<string | undefined> {
  const host = process.env.DOCKER_HOST;
  const socket = host?.startsWith('unix://') ? host.slice(7) : '/var/run/docker.sock';
  const get = 'start Docker (on Debian or Ubuntu as root: npm run engine), or use --runtime netns or native';
  if ((host === undefined || host.startsWith('unix://')) && !existsSync(socket)) {
    return `no Docker engine: ${socket} does not exist; ${get}`;
  }
  const late = new Promise<never>((_, reject) =>
    setTimeout(reject, 3000, new Error('no answer in 3 s')).unref(),
  );
  try {
    await Promise.race([dockerClient().ping(), late]);
    return undefined;
  } catch (error) {
    return `no Docker engine answers at ${host ?? socket} (${(error as Error).message}); ${get}`;
  }
}

/** On every container and network of ours; its value is the label of the run. */
export const RUN_LABEL = 'resetlab.run';
