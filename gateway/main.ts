import { writeSync } from 'node:fs';
import { closeStrays, nofile } from '../system/descriptors.ts';

let limit: number | undefined;
try {
  closeStrays();
  limit = nofile();
  // Not at the top: where descriptors run out while it loads, that must be caught here.
  const { start } = await import('./start.ts');
  await start(process.env);
} catch (error) {
  // The module loader's own errors have no code.
  if (!/EMFILE|too many open files/.test(String(error))) throw error;
  writeSync(
    2,
    `gateway: nofile ${limit ?? '(unreadable)'} is too small to start with: raise it (ulimit -n)\n`,
  );
  process.exit(2);
}
