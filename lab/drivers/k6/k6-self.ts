import { defined } from '../../../common/defined.ts';
import type { FleetSelf } from '../../../protocol/fleet-events.ts';
import { portsOf } from '../../../robots/ports.ts';
import { connectSysctls } from '../../../robots/self.ts';
import { countDescriptors, nofile, readNofile } from '../../../system/descriptors.ts';
import { readStat } from '../../../system/proc/stat.ts';

/** Reads how k6 is doing, from outside: what it tells of itself is no part of its console. */
export class K6Watch {
  readonly #pid: number;
  readonly #ports = portsOf(1);
  readonly #sysctls = connectSysctls();
  // Node and Go both raise the soft limit to the hard one, and k6 has inherited ours.
  readonly #nofile = nofile();

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** The state now; without /proc (macOS) and once k6 is gone, descriptors, memory and CPU are absent. */
  now(): FleetSelf {
    const stat = readStat(this.#pid);
    return defined({
      processes: 1,
      nofile: readNofile(this.#pid)?.hard ?? this.#nofile,
      descriptors: countDescriptors(this.#pid),
      ports: this.#ports,
      sysctls: this.#sysctls,
      rss: stat?.rss,
      cpuMicros: stat && stat.cpuMs * 1000,
    });
  }
}
