import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { isMainThread, Worker } from 'node:worker_threads';

/** A web server, and a thread beside it that computes without a pause: a whole core, and nobody waits for it. */
if (isMainThread) {
  new Worker(new URL(import.meta.url));
  await import('./web.ts');
} else {
  // Nobody else on the machine waits for it either.
  setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), 19);
  for (;;);
}
