/**
 * Makes `dist/`, the package that is published: run before npm packs. Node strips no types below node_modules, so everything is there as
 * JavaScript: the command, the library with its declarations, what they start, and the image's context. Beside it the texts that they
 * read, and the schemas of the documents. Another folder may be named in its place. Writes nothing to stdout; `dist-maps/` beside it tells
 * which lines of ours a stack of it names, and is not published.
 */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PROJECT_ROOT } from '../common/own-files.ts';
import { bundle } from './package/bundle.ts';
import { manifestOf } from './package/manifest.ts';
import { readmeOf } from './package/readme.ts';
import { declare } from './package/types.ts';

/** What `--json` prints; the schemas of what lies in a run's folder are in the clone. */
const PRINTED = ['verdict', 'threshold', 'climb', 'sweep', 'diagnose', 'compare', 'exam', 'troubleshoot'];

/** What is read at run time as it is, at the same place. */
const AS_IT_IS = [
  'LICENSE',
  'docker/base-image.sh',
  'docker/delay.sh',
  'docker/init.sh',
  'docker/warm.mjs',
  'lab/bench/foreign/artillery-life.mjs',
  'lab/settings/profiles',
  'lab/sweeps',
];

const dist = resolve(process.argv[2] ?? join(PROJECT_ROOT, 'dist'));
const from = (path: string) => join(PROJECT_ROOT, path);
const to = (path: string) => {
  mkdirSync(dirname(join(dist, path)), { recursive: true });
  return join(dist, path);
};

for (const old of [dist, `${dist}-maps`]) rmSync(old, { recursive: true, force: true });
await bundle(dist, `${dist}-maps`);
declare(dist);
for (const path of AS_IT_IS) cpSync(from(path), to(path), { recursive: true });
// Whoever reads a script or a profile reads it in the clone. The first line of each is used.
for (const path of globSync('**/*.{sh,env}', { cwd: dist }).map((one) => join(dist, one)))
  writeFileSync(path, readFileSync(path, 'utf8').replace(/\n[ \t]*#.*(?=\n)/g, ''));
cpSync(from('docker/package.Dockerfile'), to('Dockerfile'));
for (const name of PRINTED) {
  const file = `${name}.schema.json`;
  writeFileSync(
    to(join('schemas', file)),
    JSON.stringify(withoutWords(JSON.parse(readFileSync(from(join('docs/schemas', file)), 'utf8')))),
  );
}
writeFileSync(to('README.md'), readmeOf(readFileSync(from('docs/npx.md'), 'utf8')));
writeFileSync(
  to('package.json'),
  `${JSON.stringify(manifestOf(JSON.parse(readFileSync(from('package.json'), 'utf8'))), null, 2)}\n`,
);

/** A schema without its descriptions, which are half of it: a validator needs none, and whoever reads has those of the clone. */
function withoutWords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutWords);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => name !== 'description' || typeof value !== 'string')
      .map(([name, value]) => [name, withoutWords(value)]),
  );
}
