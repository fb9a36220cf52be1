import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { PROJECT_ROOT } from '../../common/own-files.ts';

/**
 * What is loaded when it is asked for, and is one program in the package: apart, each shares something else with each other, and what they
 * share would be a file for each of these sets. `list` is the quick one, and `compose` a clone's.
 */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  verbs: [
    ...globSync('lab/verbs/*-verb.ts', { cwd: PROJECT_ROOT })
      .filter((path) => !/\/(list|compose)-verb\.ts$/.test(path))
      .sort(),
    'lab/diagnose/diagnose.ts',
    'lab/report/markdown/expectations-markdown.ts',
    'lab/report/markdowns.ts',
    'lab/threshold/strangers/server-threshold.ts',
  ],
  docker: ['lab/runtimes/docker/client.ts', 'lab/runtimes/docker/docker.ts', 'lab/runtimes/docker/image.ts'],
};

/** Makes one program of each of these, and has every program import what `beside` says: paths from the top, or modules of Node. */
export function together(beside: ReadonlyMap<string, readonly string[]> = new Map()): Plugin {
  const importsOf = (program: string) =>
    (beside.get(program) ?? []).map(
      (one) => `import '${one.startsWith('node:') ? one : join(PROJECT_ROOT, one)}';`,
    );
  return {
    name: 'together',
    setup(made) {
      made.onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
        const module = relative(PROJECT_ROOT, join(resolveDir, path));
        const [name] = Object.entries(TOGETHER).find(([, modules]) => modules.includes(module)) ?? [];
        return kind !== 'dynamic-import' || name === undefined
          ? undefined
          : { path: name, namespace: 'together' };
      });
      made.onLoad({ filter: /.*/, namespace: 'together' }, ({ path: name }) => {
        const exported = (TOGETHER[name] ?? []).map((path) => `export * from './${path}';`);
        return {
          contents: [...exported, ...importsOf(`together:${name}`)].join('\n'),
          loader: 'ts',
          resolveDir: PROJECT_ROOT,
        };
      });
      made.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => {
        const imports = importsOf(relative(PROJECT_ROOT, path));
        // Below its own, whose lines the source maps name.
        return imports.length === 0
          ? undefined
          : { contents: [readFileSync(path, 'utf8'), ...imports].join('\n'), loader: 'ts' };
      });
    },
  };
}
