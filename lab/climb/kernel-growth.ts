import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { readBootId } from '../../system/host.ts';
import { kernelNetworkMemory } from '../../system/memory.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { spansMachines } from '../runtimes/runtime.ts';

/** How much more memory the kernel of this machine has in use once all users of a load have settled than before the first came. */
export class KernelGrowth {
  #before: number | undefined;
  #settled: number | undefined;

  /** To be told when all is watched and the load is about to begin. The kernel of all parts must be that of this machine. */
  begin(evidences: readonly Evidence[]): void {
    const bootId = readBootId();
    const here = evidences.every(
      ({ observer, runtime }) => observer.before?.bootId === bootId && !spansMachines(runtime),
    );
    if (bootId !== undefined && here) this.#before = kernelNetworkMemory();
  }

  /** To be told how the load comes along. */
  watch({ asked, open, failed }: ProgressLine): void {
    if (this.#before === undefined || this.#settled !== undefined || open + failed < asked) return;
    this.#settled = kernelNetworkMemory();
  }

  /** Bytes; null where that could not be seen. */
  get bytes(): number | null {
    const [before, settled] = [this.#before, this.#settled];
    return before === undefined || settled === undefined ? null : settled - before;
  }
}
