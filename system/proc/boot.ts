import { readFileSync } from 'node:fs';

/**
 * An id of this boot of this kernel, the same in all its containers (drivers/char/random.c random_table `boot_id`);
 * undefined where there is none.
 */
export function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
