import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { ensureBaseImage } from '../../../scripts/engine/image.ts';
import { ensureK6BaseImage } from '../../../scripts/k6/image.ts';
import { CannotRunError, messageOf } from '../../errors.ts';
import { PROJECT_ROOT } from '../processes.ts';

/** What goes into the image: the same list as in .dockerignore. */
export const SOURCES = [
  'Dockerfile',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'docker',
  'gateway',
  'robots',
  'lab',
];

/** Where they are: in the published package apart from the JavaScript that was made of them (scripts/package.ts). */
const PACKED = join(PROJECT_ROOT, 'image');
const CONTEXT = existsSync(join(PACKED, 'Dockerfile')) ? PACKED : PROJECT_ROOT;

const REPOSITORY = 'resetlab';

/**
 * The image of these very sources, built when there is none yet, as `resetlab:<hash of the sources>`. Throws
 * CannotRunError when it cannot be built.
 */
export function ensureImage(docker: Docker): Promise<string> {
  return ensureTarget(docker, REPOSITORY, 'lab');
}

/** The same with k6 in it, as `resetlab-k6:<hash>`. Throws CannotRunError when k6 can be had from nowhere. */
export async function ensureK6Image(docker: Docker): Promise<string> {
  return ensureTarget(docker, `${REPOSITORY}-k6`, 'lab-k6', ensureK6BaseImage);
}

/** What is being built: runs that begin together wait for one image. */
const underWay = new Map<string, Promise<string>>();

async function ensureTarget(
  docker: Docker,
  repository: string,
  target: string,
  prepare: () => Promise<unknown> = async () => {},
): Promise<string> {
  const image = `${repository}:${hashSources()}`;
  const begun = underWay.get(image);
  if (begun) return begun;
  const ready = build(docker, { repository, image, target, prepare }).finally(() => underWay.delete(image));
  underWay.set(image, ready);
  return ready;
}

interface Build {
  repository: string;
  image: string;
  target: string;
  prepare: () => Promise<unknown>;
}

async function build(docker: Docker, { repository, image, target, prepare }: Build): Promise<string> {
  const present = await docker.listImages({ filters: { reference: [image] } });
  if (present.length > 0) return image;
  try {
    await ensureBaseImage();
    await prepare();
    process.stderr.write(`building ${image}\n`);
    const stream = await docker.buildImage(sources(), {
      t: image,
      target,
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
  await removeOlder(docker, repository, image);
  return image;
}

/** The build context as a tar stream: the client library's own packing reads .dockerignore as a .gitignore. */
function sources(): Readable {
  const env = { ...process.env, COPYFILE_DISABLE: '1' };
  return spawn('tar', ['-c', ...SOURCES], { cwd: CONTEXT, env, stdio: ['ignore', 'pipe', 'inherit'] }).stdout;
}

/** Images of earlier sources would pile up, one a change. Those in use stay. */
async function removeOlder(docker: Docker, repository: string, image: string): Promise<void> {
  for (const { RepoTags } of await docker.listImages({ filters: { label: ['resetlab=image'] } })) {
    for (const tag of RepoTags ?? []) {
      if (tag !== image && tag.startsWith(`${repository}:`))
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
    hash.update(`${path}\0`).update(readFileSync(join(CONTEXT, path)));
  return hash.digest('hex').slice(0, 12);
}

function filesBelow(path: string): string[] {
  try {
    return readdirSync(join(CONTEXT, path))
      .sort()
      .flatMap((name) => filesBelow(join(path, name)));
  } catch {
    return [path];
  }
}
