import type { Socket } from 'node:net';
import type { Settings } from './gateway-settings.ts';

/** Keeps the event loop busy for `ms` milliseconds of wall-clock time. */
export function work(ms: number): void {
  const until = performance.now() + ms;
  while (ms > 0 && performance.now() < until);
}

/**
 * Memory for one user, of `kb` KiB; undefined for none. Every page is written to, since the kernel gives, and counts, a
 * page only then (mm/memory.c do_anonymous_page).
 */
export function keep(kb: number): Buffer | undefined {
  return kb === 0 ? undefined : Buffer.allocUnsafeSlow(kb * 1024).fill(1);
}

/**
 * Lets whoever closes this socket believe that it is closed: the descriptor stays for good, as where a handler forgets it. When the
 * client goes, its kernel's FIN leaves it in CLOSE_WAIT.
 */
export function leak(socket: Socket): void {
  socket.end = () => socket;
  socket.destroy = () => socket;
  socket.destroySoon = () => {};
}

type FaultSettings = Pick<
  Settings,
  'CRASH_AT_USERS' | 'STALL_AT_USERS' | 'STALL_MS' | 'HEARTBEAT_MS' | 'UNLISTEN_AT_USERS'
>;

/** The faults that strike when enough users are open; each of them once. */
export class Faults {
  readonly #settings: FaultSettings;
  /** Pings all that are open. */
  ping = () => {};
  /** Closes the listener, and nothing else. */
  unlisten = () => {};
  #stalled = false;
  #unlistened = false;

  constructor(settings: FaultSettings) {
    this.#settings = settings;
  }

  /** Call with the number of users open after each that opens. */
  opened(users: number): void {
    const { CRASH_AT_USERS, STALL_AT_USERS, STALL_MS, HEARTBEAT_MS, UNLISTEN_AT_USERS } = this.#settings;
    if (UNLISTEN_AT_USERS > 0 && users >= UNLISTEN_AT_USERS && !this.#unlistened) {
      this.#unlistened = true;
      this.unlisten();
    }
    if (STALL_AT_USERS > 0 && users >= STALL_AT_USERS && !this.#stalled) {
      this.#stalled = true;
      // One that outlasts the heartbeat begins with pings on their way: it is those that a reaper counts afterwards.
      if (HEARTBEAT_MS > 0 && STALL_MS >= HEARTBEAT_MS) this.ping();
      if (STALL_MS > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
    }
    if (CRASH_AT_USERS > 0 && users >= CRASH_AT_USERS) {
      // Outside the parser's call, where nothing can catch it.
      process.nextTick(() => {
        throw new Error(`fault: CRASH_AT_USERS=${CRASH_AT_USERS}`);
      });
    }
  }
}
