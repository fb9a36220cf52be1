import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

// A synchronous load holds one file open at a time; `import` reads a whole level of the graph at once and so needs
// far more descriptors to start than to serve.
const require = createRequire(import.meta.url);

try {
  const { start } = require('./start.ts') as typeof import('./start.ts');
  await start(process.env);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
  writeSync(
    2,
    `gateway: nofile ${nofileInWords()} is too small to start with: raise it (ulimit -n)\n`,
  );
  process.exit(2);
}

// Without a descriptor left /proc cannot be read either.
function nofileInWords(): string {
  try {
    return (
      /^Max open files\s+(\d+)/m.exec(
        readFileSync('/proc/self/limits', 'utf8'),
      )?.[1] ?? '(unknown)'
    );
  } catch {
    return '(unknown)';
  }
}
