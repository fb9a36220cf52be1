import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { dockerClient } from '../../lab/runtimes/docker/client.ts';
import { ensureBaseImage } from '../../lab/runtimes/docker/stand-in/base-image.ts';

type Image = AsyncDisposable & { name: string };

/** Builds the server that is not our gateway, and gives the image's name; disposing of it removes the image. */
export function foreignImage(): Promise<Image> {
  return build('server', fileURLToPath(new URL('./server', import.meta.url)));
}

/**
 * The same of this machine's nginx, with its own libraries and their loader, whatever else the base has. The configuration is
 * /nginx/nginx.conf.
 */
export async function nginxImage(configuration: string): Promise<Image> {
  const folder = mkdtempSync(join(tmpdir(), 'resetlab-nginx-'));
  try {
    const path = execFileSync('/bin/sh', ['-c', 'PATH=$PATH:/usr/sbin command -v nginx'], {
      encoding: 'utf8',
    });
    const needed = execFileSync('ldd', [path.trim()], { encoding: 'utf8' });
    const libraries = [...needed.matchAll(/(?:=> |^\t)(\/\S+)/gm)].map(([, library = '']) => library);
    for (const file of [path.trim(), ...libraries]) copyFileSync(file, join(folder, basename(file)));
    const loader = basename(libraries.find((library) => /\/ld-linux/.test(library)) ?? '');
    const argv = [`/nginx/${loader}`, '--library-path', '/nginx', '/nginx/nginx', '-c', '/nginx/nginx.conf'];
    writeFileSync(join(folder, 'nginx.conf'), configuration);
    writeFileSync(
      join(folder, 'Dockerfile'),
      `ARG BASE\nFROM \${BASE}\nCOPY . /nginx/\nCMD ${JSON.stringify(argv)}\n`,
    );
    return await build('nginx', folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function build(what: string, cwd: string): Promise<Image> {
  const { image: BASE } = await ensureBaseImage();
  const docker = dockerClient();
  const name = `resetlab-test-${what}:${process.pid}`;
  // Readable for any user of the image, whatever the umask here; and whole before it is sent: what a short-lived child
  // wrote before anybody reads is thrown away when it ends.
  const context = execFileSync('tar', ['-c', '--mode=a+r', '.'], { cwd, maxBuffer: 2 ** 26 });
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
