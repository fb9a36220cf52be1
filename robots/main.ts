import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { programAt } from '../common/own-files.ts';
import { keepCompiled } from '../system/compile-cache.ts';
import { closeStrays } from '../system/descriptors.ts';

// What it takes to strip the types of every file would count as the users' cost.
keepCompiled();

try {
  closeStrays();
  // A synchronous load holds one file open at a time; `import` reads a whole level of the graph at once and so needs
  // more descriptors than a fleet with a low limit has.
  const { start } = createRequire(import.meta.url)(
    programAt('robots/start.ts'),
  ) as typeof import('./start.ts');
  await start(process.env);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  writeSync(2, 'robots: nofile is too small to start with: raise it (ulimit -n)\n');
  process.exit(2);
}
