/**
 * Memory for one user, of `kb` KiB; undefined for none. Every page is written to, since the kernel gives, and counts, a
 * page only then (mm/memory.c do_anonymous_page).
 */
export function keep(kb: number): Buffer | undefined {
  return kb === 0 ? undefined : Buffer.allocUnsafeSlow(kb * 1024).fill(1);
}
