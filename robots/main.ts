import { writeSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Stripping the types of every file takes 0.1-0.2 s of CPU at each start, which would count as the users' cost.
// In the environment for the fleet's own children, whose first file is cached then as well.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));
enableCompileCache(process.env.NODE_COMPILE_CACHE);

try {
  // A synchronous load holds one file open at a time; `import` reads a whole level of the graph at once and so needs
  // more descriptors than a fleet with a low limit has.
  const { start } = createRequire(import.meta.url)('./start.ts') as typeof import('./start.ts');
  await start(process.env);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  writeSync(2, 'robots: nofile is too small to start with: raise it (ulimit -n)\n');
  process.exit(2);
}
