import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { ensureBaseImage } from '../../../scripts/engine/image.ts';
import { CannotRunError, messageOf } from '../../errors.ts';
import { PROJECT_ROOT } from '../processes.ts';

/** What goes into the image: the same list as in .dockerignore. */
const SOURCES = [
  'Dockerfile',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'docker',
  'gateway',
  'robots',
  'lab',
];

const REPOSITORY = 'resetlab';

/**
 * The image of these very sources, built when there is none yet, as `resetlab:<hash of the sources>`. Throws
 * CannotRunError when it cannot be built.
 */
export async function ensureImage(docker: Docker): Promise<string> {
  const image = `${REPOSITORY}:${hashSources()}`;
  const present = await docker.listImages({ filters: { reference: [image] } });
  if (present.length > 0) return image;
  try {
    await ensureBaseImage();
    process.stderr.write(`building ${image}\n`);
    const stream = await docker.buildImage(sources(), {
      t: image,
      labels: { resetlab: 'image' },
      forcerm: true,
    });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error, output: { error?: string }[]) => {
        const failed = error?.message ?? output?.find((line) => line.error)?.error;
        if (failed) reject(new Error(failed));
        else resolve();
      });
    });
  } catch (error) {
    throw new CannotRunError(`docker: the image cannot be built: ${messageOf(error)}`);
  }
  await removeOlder(docker, image);
  return image;
}

/** The build context as a tar stream: the client library's own packing reads .dockerignore as a .gitignore. */
function sources(): Readable {
  const env = { ...process.env, COPYFILE_DISABLE: '1' };
  return spawn('tar', ['-c', ...SOURCES], { cwd: PROJECT_ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
    .stdout;
}

/** Images of earlier sources would pile up, one a change. Those in use stay. */
async function removeOlder(docker: Docker, image: string): Promise<void> {
  for (const { RepoTags } of await docker.listImages({ filters: { label: ['resetlab=image'] } })) {
    for (const tag of RepoTags ?? []) {
      if (tag !== image && tag.startsWith(`${REPOSITORY}:`))
        await docker
          .getImage(tag)
          .remove()
          .catch(() => {});
    }
  }
}

function hashSources(): string {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap(filesBelow))
    hash.update(`${path}\0`).update(readFileSync(join(PROJECT_ROOT, path)));
  return hash.digest('hex').slice(0, 12);
}

function filesBelow(path: string): string[] {
  try {
    return readdirSync(join(PROJECT_ROOT, path))
      .sort()
      .flatMap((name) => filesBelow(join(path, name)));
  } catch {
    return [path];
  }
}
