/**
 * Makes `dist/`, the package that is published: run before npm packs. Node strips no types below node_modules, so the
 * library is there as JavaScript with its declarations; `image/` holds the sources of the robots' image, since npm
 * leaves package-lock.json out of a package's own folder; `schemas/` those of the documents. Writes nothing to stdout.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SOURCES } from '../lab/runtimes/docker/image.ts';

/** What the library itself imports; the rest of our dependencies is the lab's, and is installed in the image. */
const IMPORTED = ['dockerode', 'zod'];

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(1);

for (const path of SOURCES) cpSync(join(root, path), join(dist, 'image', path), { recursive: true });

mkdirSync(join(dist, 'docker'), { recursive: true });
cpSync(join(root, 'docker/base-image.sh'), join(dist, 'docker/base-image.sh'));
cpSync(join(root, 'LICENSE'), join(dist, 'LICENSE'));
cpSync(join(root, 'docs/schemas'), join(dist, 'schemas'), { recursive: true });
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const ours = readJson('package.json');
const manifest = {
  name: ours.name,
  version: ours.version,
  description: ours.description,
  license: ours.license,
  type: ours.type,
  // What tsc made needs less than the clone does, and testcontainers, its peer, more than that.
  engines: readJson('node_modules/testcontainers/package.json').engines,
  exports: {
    '.': { types: './library/index.d.ts', default: './library/index.js' },
    './schemas/*': './schemas/*',
    './package.json': './package.json',
  },
  dependencies: Object.fromEntries(IMPORTED.map((name) => [name, ours.dependencies[name]])),
  peerDependencies: ours.peerDependencies,
  // Not as optional dependencies: a Node of ours would come before that of the project it is installed in. Here
  // base-image.sh reads its version, where the base image has to be made on the machine.
  resetlab: { node: ours.optionalDependencies },
};
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
