import type { OwnSelf } from '../protocol/fleet-events.ts';
import { CONNECT_SYSCTLS } from '../protocol/settings.ts';
import { nofile, openDescriptors } from '../system/descriptors.ts';
import { portsOf } from '../system/local-ports.ts';
import { startDelay } from '../system/loop-delay.ts';
import { memoryReader } from '../system/own-memory.ts';
import { readSysctlNumbers } from '../system/sysctls.ts';

/** Looking costs CPU, which would be the users'; what matters here is a loop that is late by hundreds of ms. */
const LOOK_MS = 50;
const NO_DELAY: OwnSelf['loop'] = { p50: 0, p99: 0, max: 0 };

/** How this process is doing itself. */
export class SelfWatch {
  readonly nofile = nofile();
  // Before the descriptors at rest are counted: it keeps one.
  readonly #memory = memoryReader();
  /** Users whose sockets get a descriptor below the limit, which bounds a descriptor's number. */
  readonly room: number;
  readonly #atRest: number;
  readonly #ports: OwnSelf['ports'];
  readonly #sysctls = readSysctlNumbers(CONNECT_SYSCTLS);
  #delay: ReturnType<typeof startDelay> | undefined;
  readonly #worst = { ...NO_DELAY };

  /** @param addresses that the sockets are spread over */
  constructor(addresses: number) {
    const open = openDescriptors();
    this.#atRest = open.length;
    this.room = Math.max(0, this.nofile - open.filter((fd) => fd < this.nofile).length);
    this.#ports = portsOf(addresses);
  }

  start(): void {
    this.#delay = startDelay(LOOK_MS);
  }

  stop(): void {
    this.#delay?.stop();
  }

  /**
   * The state since the last call; loop delays in ms.
   * @param sockets that are open: counting them is cheaper than listing thousands of descriptors
   */
  recent(sockets: number): OwnSelf {
    return this.#self(sockets, this.#takeDelay());
  }

  /** The state with the worst loop delays since `start`. */
  all(sockets: number): OwnSelf {
    this.#takeDelay();
    return this.#self(sockets, { ...this.#worst });
  }

  #takeDelay(): OwnSelf['loop'] {
    const loop = this.#delay?.take().loop ?? NO_DELAY;
    for (const key of ['p50', 'p99', 'max'] as const)
      this.#worst[key] = Math.max(this.#worst[key], loop[key]);
    return loop;
  }

  #self(sockets: number, loop: OwnSelf['loop']): OwnSelf {
    const { user, system } = process.cpuUsage();
    return {
      processes: 1,
      nofile: this.nofile,
      room: this.room,
      descriptors: this.#atRest + sockets,
      ports: this.#ports,
      sysctls: this.#sysctls,
      loop,
      rss: this.#memory().rss,
      cpuMicros: user + system,
    };
  }
}
