import { openSync, readSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { thisHost } from './host.ts';
import { statusBytes } from './proc/status.ts';

/** Of this process, bytes. */
export interface OwnMemory {
  rss: number;
  heapUsed: number;
  external: number;
}

/**
 * Gives a function that reads this process's memory, in bytes, without opening anything: `process.memoryUsage()` opens
 * /proc/self/stat at every call (libuv, src/unix/linux.c, uv_resident_set_memory) and so throws EMFILE just when it
 * matters. On Linux one descriptor stays open for it; other systems ask the kernel directly.
 */
export function memoryReader({ platform } = thisHost): () => OwnMemory {
  const rss = platform === 'linux' ? linuxRss() : process.memoryUsage.rss;
  return () => {
    const { used_heap_size: heapUsed, external_memory: external } = getHeapStatistics();
    return { rss: rss(), heapUsed, external };
  };
}

function linuxRss(): () => number {
  const status = openSync('/proc/self/status', 'r');
  const buffer = Buffer.alloc(8192);
  return () => {
    const size = readSync(status, buffer, 0, buffer.length, 0);
    return statusBytes(buffer.toString('latin1', 0, size), 'VmRSS');
  };
}
