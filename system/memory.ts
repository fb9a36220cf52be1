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

/**
 * Bytes that the kernel has in use for objects of its own and for TCP's data: Slab of /proc/meminfo, and the pages of `TCP: … mem` in
 * /proc/net/sockstat, which are those of all network namespaces (Linux net/ipv4/proc.c sockstat_seq_show, proto_memory_allocated).
 * Undefined off Linux, or where one of them cannot be read.
 */
export function kernelNetworkMemory(host: Host = thisHost): number | undefined {
  const slab = memoryInfo(host)?.Slab;
  const pages = tcpPages(host);
  const size = pages === undefined ? undefined : pageSize(host);
  return slab === undefined || pages === undefined || size === undefined ? undefined : slab + pages * size;
}

function tcpPages(host: Host): number | undefined {
  try {
    const [, pages] = /^TCP: .*\bmem (\d+)$/m.exec(host.read('/proc/net/sockstat')) ?? [];
    return pages === undefined ? undefined : Number(pages);
  } catch {
    return undefined;
  }
}

function pageSize(host: Host): number | undefined {
  try {
    const size = Number(host.run('getconf', 'PAGESIZE'));
    return size > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}
