import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { nofile } from './descriptors.ts';

// A synchronous load holds one file open at a time; `import` reads a whole level of the graph at once and so needs
// far more descriptors to start than to serve.
const require = createRequire(import.meta.url);

let limit: number | undefined;
try {
  limit = nofile();
  const { start } = require('./start.ts') as typeof import('./start.ts');
  await start(process.env);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  writeSync(
    2,
    `gateway: nofile ${limit ?? '(unreadable)'} is too small to start with: raise it (ulimit -n)\n`,
  );
  process.exit(2);
}
