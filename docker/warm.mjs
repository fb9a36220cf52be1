import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Part of the image's build: fills the compile cache (NODE_COMPILE_CACHE) with what the containers load. Their root is
 * read-only, so each of them would strip the types of all its files again. A cache is good for the user who filled it.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const readers = globSync(
  [
    'system/*.ts',
    'system/proc/*.ts',
    'lab/evidence/observing.ts',
    'lab/evidence/linux/*.ts',
    'lab/evidence/linux/ledger/*.ts',
    'lab/runtimes/channel/member.ts',
    // Each is loaded when it is asked for.
    'lab/verbs/*-verb.ts',
  ],
  { cwd: root },
  // Programs of their own.
).filter((file) => !/\/(observer|clean-main)\.ts$/.test(file));
const clone = existsSync(new URL('../lab/cli.ts', import.meta.url));
// In the image of the published package the lab itself does not run.
const files = clone
  ? ['gateway/start.ts', 'robots/start.ts', 'lab/program.ts', ...readers]
  : ['gateway/start.js', 'robots/start.js'];
for (const file of files) await import(new URL(`../${file}`, import.meta.url).href);
process.exit(0);
