import type Docker from 'dockerode';
import { newLabel } from '../label.ts';
import { RUN_LABEL } from './client.ts';

/** What a throw-away container said, both streams together, and its exit code. */
export interface ThrowAway {
  code: number;
  said: string;
}

/**
 * Runs a command in a container of its own, which is removed again: without a network and with no capability unless
 * `host` says otherwise. Throws what the engine refuses with.
 */
export async function runThrowAway(
  docker: Docker,
  image: string,
  command: string[],
  host: Docker.HostConfig = {},
  user?: string,
): Promise<ThrowAway> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: command,
    Labels: { [RUN_LABEL]: newLabel() },
    Tty: true,
    User: user,
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      ...host,
    },
  });
  try {
    await container.start();
    const { StatusCode } = await container.wait();
    return {
      code: StatusCode,
      said: (await container.logs({ stdout: true, follow: false })).toString().trim(),
    };
  } finally {
    await container.remove({ force: true }).catch(() => {});
  }
}
