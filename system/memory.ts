import { freemem } from 'node:os';
import { type Host, thisHost } from './host.ts';

const KIB = 1024;

/** Sizes of /proc/meminfo in bytes, by their names there; undefined off Linux, or where it cannot be read. */
export function memoryInfo(host: Host = thisHost): Partial<Record<string, number>> | undefined {
  if (host.platform !== 'linux') return undefined;
  try {
    const lines = host.read('/proc/meminfo').matchAll(/^(\w+(?:\(\w+\))?):\s+(\d+) kB$/gm);
    return Object.fromEntries(Array.from(lines, ([, name, size]) => [name, Number(size) * KIB]));
  } catch {
    return undefined;
  }
}

/** Bytes that new processes can have without others being swapped out (MemAvailable, Linux mm/show_mem.c si_mem_available; elsewhere what is free). */
export function availableMemory(host: Host = thisHost): number {
  return memoryInfo(host)?.MemAvailable ?? freemem();
}
