/** The formula, as it is printed beside every number that it predicts. */
export const DESCRIPTOR_LAW = 'nofile - descriptors at rest numbered below nofile';

/**
 * The largest number of users that a gateway can hold: each costs it one descriptor, and a new descriptor takes the
 * lowest free number, which must be below RLIMIT_NOFILE (Linux fs/file.c alloc_fd, POSIX getrlimit). So the limit
 * bounds the number, not the count: descriptors that were inherited above it cost nothing.
 */
export function descriptorThreshold(nofile: number, atRest: readonly number[]): number {
  return Math.max(0, nofile - countBelow(nofile, atRest));
}

/** How many of these descriptors count against the limit. */
export function countBelow(nofile: number, descriptors: readonly number[]): number {
  return descriptors.filter((number) => number < nofile).length;
}
