import { relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { PROJECT_ROOT } from '../../common/own-files.ts';

/** Of Node's modules those that ours import the most, and that start fast. */
export const OFTEN = ['child_process', 'crypto', 'fs', 'net', 'os', 'path', 'util'].map(
  (name) => `node:${name}`,
);

/**
 * Has one module import each of these for all others: esbuild leaves as many imports in a file as it has modules.
 *
 * @param apart modules that keep their own, as paths from the top.
 */
export function builtins(apart: ReadonlySet<string>): Plugin {
  return {
    name: 'builtins',
    setup(made) {
      made.onResolve({ filter: /^node:/ }, ({ kind, path, namespace, importer }) => {
        // What nobody uses of it may go.
        if (namespace === 'builtin') return { external: true, path, sideEffects: false };
        if (kind !== 'import-statement' || !OFTEN.includes(path)) return undefined;
        return apart.has(relative(PROJECT_ROOT, importer)) ? undefined : { path, namespace: 'builtin' };
      });
      made.onLoad({ filter: /.*/, namespace: 'builtin' }, async ({ path }) => {
        const names = Object.keys(await import(path)).filter((name) => /^(?!default$)\w+$/.test(name));
        // One statement a name: of a longer one it keeps all names.
        return {
          contents: names.map((name) => `export { ${name} } from '${path}';`).join('\n'),
          loader: 'js',
        };
      });
    },
  };
}
