import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { minify } from 'terser';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import type { Setting } from '../../protocol/settings.ts';
import * as settings from '../../protocol/settings.ts';
import { builtins } from './builtins.ts';
import { layers } from './layers.ts';
import { CLONE_ONLY, isOfK6, programs } from './programs.ts';
import { together } from './together.ts';

const SHARED = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  charset: 'utf8',
  format: 'esm',
  legalComments: 'none',
  logLevel: 'warning',
  minify: true,
  outbase: '.',
  target: 'es2024',
} as const;

/**
 * Makes JavaScript of the product in `folder`: each program as a file where it stands in a clone, and what several of them share
 * in `parts/`. What is not ours stays an import. One file a module would be twice as much to install, and three times as many to
 * load. A stack of a fault names places of these files: `maps` gets the source maps that tell which lines of ours those are; the same
 * sources make the same files.
 */
export async function bundle(folder: string, maps: string): Promise<void> {
  const all = programs();
  const ours = {
    ...SHARED,
    entryPoints: all.filter((one) => !isOfK6(one)),
    chunkNames: 'parts/[hash]',
    external: CLONE_ONLY.imported,
    outdir: folder,
    packages: 'external',
    platform: 'node',
    sourcemap: 'external',
    splitting: true,
    write: false,
  } as const;
  const { metafile } = await build({ ...ours, metafile: true, plugins: [together()] });
  const { beside, apart } = layers(metafile);
  const { outputFiles } = await build({ ...ours, plugins: [builtins(apart), together(beside)] });
  const mapOf = new Map(outputFiles.map(({ path, text }) => [path, text]));
  for (const { path, text } of outputFiles.filter(({ path }) => path.endsWith('.js'))) {
    const { code, map } = await smaller(text, mapOf.get(`${path}.map`) as string);
    write(path, code);
    write(join(maps, `${relative(folder, path)}.map`), map);
  }
  const client = ['lab/report/client/main.js', 'lab/report/client/style.css'];
  await build({ ...SHARED, entryPoints: client, outdir: folder, platform: 'browser' });
  // Every VU of k6 loads its script again: one file each, with nothing of Node in it.
  await build({
    ...SHARED,
    entryPoints: all.filter(isOfK6),
    external: ['k6', 'k6/*'],
    outdir: folder,
    platform: 'neutral',
    plugins: [itsOwnSettings],
    // What its own loader takes (k6, internal/js/compiler).
    target: 'es2023',
  });
}

/** Of the table of settings k6's scripts carry what k6 takes, without what people read. */
const itsOwnSettings: Plugin = {
  name: 'its own settings',
  setup(made) {
    made.onLoad({ filter: /protocol\/settings\.ts$/ }, () => {
      const own = Object.entries<Setting>(settings.SETTINGS).filter(([, { parts }]) => parts?.includes('k6'));
      const kept = own.map(([name, setting]) => [name, { ...setting, about: '' }]);
      const all = { ...settings, SETTINGS: Object.fromEntries(kept) };
      const lines = Object.entries(all).map(([name, value]) => `export const ${name} = ${sourceOf(value)};`);
      return { contents: lines.join('\n'), loader: 'js' };
    });
  },
};

/** JavaScript that makes the same value. */
function sourceOf(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return `[${value.map(sourceOf).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}:${sourceOf(inner)}`)
    .join()}}`;
}

/** The same code in a hundredth less, which is what one more verb takes, and where each place of it comes from. */
async function smaller(code: string, map: string): Promise<{ code: string; map: string }> {
  const made = await minify(code, {
    module: true,
    ecma: 2020,
    compress: { passes: 2 },
    format: { comments: false },
    sourceMap: { content: map },
  });
  return { code: made.code as string, map: made.map as string };
}

function write(path: string, contents: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
