import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { endsWithLab } from '../../../common/children.ts';
import { Debug } from '../../../common/debug.ts';
import { CannotRunError, messageOf } from '../../../common/errors.ts';
import { PACKAGED, PROJECT_ROOT } from '../../../common/own-files.ts';
import { unlessAborted } from '../../../common/waiting.ts';
import { missingSources } from './missing-sources.ts';
import { baseOrigin, candidates, ensureBaseImage } from './stand-in/base-image.ts';
import { ensureK6BaseImage, k6Origin } from './stand-in/k6-image.ts';

const debug = new Debug('image');

/** What goes into the image of a clone: the same list as in .dockerignore. */
export const SOURCES = [
  'Dockerfile',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'docker',
  'common',
  'system',
  'protocol',
  'gateway',
  'robots',
  'lab',
];

/** The same of the package, as docker/package.Dockerfile has it. */
const PACKED = ['Dockerfile', 'package.json', 'docker', 'parts', 'gateway', 'robots', 'lab'];

/** A folder, and what is taken of it. */
type Share = readonly [folder: string, paths: readonly string[]];

/** All of the build's context. */
function context(): readonly Share[] {
  if (!PACKAGED) return [[PROJECT_ROOT, SOURCES]];
  const ws = dirname(createRequire(import.meta.url).resolve('ws/package.json'));
  return [
    [PROJECT_ROOT, PACKED],
    [dirname(ws), ['ws']],
  ];
}

/**
 * The image of these very sources on the base that can be had here, built when there is none yet, as `resetlab:<hash of
 * both>`. Throws CannotRunError when it cannot be built. An abort ends the building, unless others wait for it, and throws its reason.
 */
export function ensureImage(docker: Docker, signal?: AbortSignal): Promise<string> {
  return ensureTarget(docker, LAB, signal);
}

/** The same with k6 in it, as `resetlab-k6:<hash>`. Throws CannotRunError when k6 can be had from nowhere. */
export function ensureK6Image(docker: Docker, signal?: AbortSignal): Promise<string> {
  return ensureTarget(docker, K6, signal);
}

/** The name of the image that `ensureImage` would give without building; undefined when it would have to build, or cannot. */
export async function builtImage(docker: Docker): Promise<string | undefined> {
  return missingSources() === undefined ? presentOf(docker, LAB) : undefined;
}

/** A stage of the Dockerfile, and the repository of its images. */
interface Target {
  repository: string;
  stage: string;
  withK6: boolean;
  /** Runs that begin together wait for one image. */
  building?: Building | undefined;
}
const LAB: Target = { repository: 'resetlab', stage: 'lab', withK6: false };
const K6: Target = { repository: 'resetlab-k6', stage: 'lab-k6', withK6: true };

/** An image that is being built, and how many wait for it. */
interface Building {
  ready: Promise<string>;
  waiting: number;
  stop: AbortController;
}

async function ensureTarget(
  docker: Docker,
  target: Target,
  signal = new AbortController().signal,
): Promise<string> {
  const missing = missingSources();
  if (missing !== undefined) throw new CannotRunError(`docker: ${missing}`);
  target.building ??= begin(docker, target);
  const { building } = target;
  building.waiting += 1;
  try {
    return await debug.wait(`an image of ${target.repository}`, unlessAborted(building.ready, signal));
  } catch (error) {
    building.waiting -= 1;
    if (signal.aborted && building.waiting === 0) {
      target.building = undefined;
      building.stop.abort(signal.reason);
      // So that nothing of it is left.
      await building.ready.catch(() => {});
    }
    throw error;
  }
}

function begin(docker: Docker, target: Target): Building {
  const stop = new AbortController();
  const ready = build(docker, target, stop.signal).finally(() => {
    if (target.building === building) target.building = undefined;
  });
  const building = { ready, waiting: 0, stop };
  return building;
}

/** An image of these sources on any of the bases, the official ones first: while there is one, nothing is pulled. */
async function presentOf(docker: Docker, { repository, withK6 }: Target): Promise<string | undefined> {
  const listed = await docker.listImages({ filters: { reference: [repository] } });
  const tags = new Set(listed.flatMap(({ RepoTags }) => RepoTags ?? []));
  const sources = readSources();
  const k6s = withK6 ? candidates(k6Origin()) : [undefined];
  return candidates(baseOrigin())
    .flatMap((base) => k6s.map((k6) => imageOf(repository, sources, base, k6)))
    .find((image) => tags.has(image));
}

async function build(docker: Docker, target: Target, stop: AbortSignal): Promise<string> {
  const present = await presentOf(docker, target);
  if (present !== undefined) return present;
  const { repository, stage, withK6 } = target;
  let image: string;
  let tar: ReturnType<typeof packSources> | undefined;
  try {
    stop.throwIfAborted();
    const base = (await ensureBaseImage(stop)).image;
    const k6 = withK6 ? (await ensureK6BaseImage(stop)).image : undefined;
    image = imageOf(repository, readSources(), base, k6);
    process.stderr.write(`building ${image}\n`);
    tar = packSources();
    const stream = await docker.buildImage(tar.stdout, {
      t: image,
      target: stage,
      buildargs: { BASE: base, ...(k6 && { K6: k6 }) },
      labels: { resetlab: 'image' },
      forcerm: true,
      abortSignal: stop,
    });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error, output: { error?: string }[]) => {
        const failed = error?.message ?? output?.find((line) => line.error)?.error;
        if (failed) reject(new Error(failed));
        else resolve();
      });
    });
    stop.throwIfAborted();
  } catch (error) {
    stop.throwIfAborted();
    throw new CannotRunError(`docker: the image cannot be built: ${messageOf(error)}`);
  } finally {
    // Whoever gave up has read no further, and it would wait for that for ever.
    tar?.kill();
    tar?.stdout.destroy();
  }
  await removeOlder(docker, repository, image);
  return image;
}

/** The build context as a tar stream: the client library's own packing reads .dockerignore as a .gitignore. */
function packSources(): ChildProcessByStdio<null, Readable, null> {
  const env = { ...process.env, COPYFILE_DISABLE: '1' };
  const what = context().flatMap(([folder, paths]) => ['-C', folder, ...paths]);
  const tar = spawn('tar', ['-c', ...what], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return endsWithLab(tar, { name: 'SIGKILL', group: false });
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

/** The hash of the sources, for what else has a say in the image to be added. */
export function readSources(): Hash {
  const hash = createHash('sha256');
  for (const [folder, paths] of context())
    for (const path of paths.flatMap((one) => filesBelow(folder, one)))
      hash.update(`${path}\0`).update(readFileSync(join(folder, path)));
  return hash;
}

/** The name of the image of these sources on these bases. */
export function imageOf(repository: string, sources: Hash, ...bases: (string | undefined)[]): string {
  const hash = sources.copy().update(`\0${bases.filter((base) => base !== undefined).join('\0')}`);
  return `${repository}:${hash.digest('hex').slice(0, 12)}`;
}

function filesBelow(folder: string, path: string): string[] {
  try {
    return readdirSync(join(folder, path))
      .sort()
      .flatMap((name) => filesBelow(folder, join(path, name)));
  } catch {
    return [path];
  }
}
