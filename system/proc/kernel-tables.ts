import { readText } from '../read.ts';

/** What the table of tracked connections of a network namespace holds. */
export interface ConntrackCounts {
  count: number;
  /** Of the machine: no namespace has one of its own (net/netfilter/nf_conntrack_core.c nf_conntrack_max). */
  max: number;
  /** Since the namespace was made: packets dropped, for a full table among others; entries thrown out early to make room. */
  dropped: number;
  early: number;
}

/** What the machine's table of open files holds (fs/file_table.c proc_nr_files). */
export interface FileCounts {
  used: number;
  max: number;
}

/**
 * Of the reader's own namespace; undefined where nothing is tracked, or it cannot be read. `proc`: another place for /proc, with the
 * same files.
 */
export function readConntrack(proc = '/proc'): ConntrackCounts | undefined {
  const number = (name: string) => {
    const text = readText(`${proc}/sys/net/netfilter/nf_conntrack_${name}`);
    return text === undefined ? undefined : Number(text);
  };
  const [count, max] = [number('count'), number('max')];
  const sums = parseConntrackStat(readText(`${proc}/net/stat/nf_conntrack`) ?? '');
  if (count === undefined || max === undefined || !(max > 0)) return undefined;
  return { count, max, dropped: sums.drop ?? 0, early: sums.early_drop ?? 0 };
}

/**
 * The columns of /proc/net/stat/nf_conntrack by name, summed over the processors: a line of names, then one of hexadecimal numbers for
 * each (net/netfilter/nf_conntrack_standalone.c ct_cpu_seq_show). `entries` is the same in all, and not to be summed.
 */
export function parseConntrackStat(text: string): Record<string, number> {
  const [header = '', ...lines] = text.split('\n');
  const names = header.trim().split(/\s+/);
  const sums: Record<string, number> = {};
  for (const line of lines) {
    const values = line.trim().split(/\s+/);
    if (values.length !== names.length) continue;
    for (const [index, name] of names.entries()) {
      const value = Number.parseInt(values[index] as string, 16);
      if (Number.isFinite(value)) sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

/** Undefined where it cannot be read. */
export function readFileTable(proc = '/proc'): FileCounts | undefined {
  const [used, , max] = (readText(`${proc}/sys/fs/file-nr`) ?? '').trim().split(/\s+/).map(Number);
  if (used === undefined || max === undefined || !(max > 0)) return undefined;
  return { used, max };
}
