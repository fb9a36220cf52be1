import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { dockerClient } from '../../lab/runtimes/docker/client.ts';
import { ensureBaseImage } from '../../lab/runtimes/docker/stand-in/base-image.ts';

/** Builds the server that is not our gateway, and gives the image's name; disposing of it removes the image. */
export async function foreignImage(): Promise<AsyncDisposable & { name: string }> {
  const { image: BASE } = await ensureBaseImage();
  const docker = dockerClient();
  const name = `resetlab-test-server:${process.pid}`;
  const cwd = new URL('./server', import.meta.url);
  // Readable for any user of the image, whatever the umask here; and whole before it is sent: what a short-lived child
  // wrote before anybody reads is thrown away when it ends.
  const context = execFileSync('tar', ['-c', '--mode=a+r', '.'], { cwd });
  const stream = await docker.buildImage(Readable.from([context]), {
    t: name,
    buildargs: { BASE },
    forcerm: true,
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output: { error?: string }[]) => {
      const failed = error?.message ?? output.find((line) => line.error)?.error;
      if (failed) reject(new Error(failed));
      else resolve();
    });
  });
  return {
    name,
    async [Symbol.asyncDispose]() {
      await docker.getImage(name).remove({ force: true });
    },
  };
}
