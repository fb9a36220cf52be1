import type { ObserverLine } from '../../protocol/observer-events.ts';
import { Changes } from '../../robots/changes.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { endJoining } from '../evidence/ledger/join.ts';
import { watchForLoss } from '../evidence/lost.ts';
import { type TraceBeside, traceServer } from '../evidence/trace-beside.ts';
import type { Part } from '../runtimes/runtime.ts';
import { isOver } from './pick-worker.ts';

/** Looked at so often: a connection may come between two looks. */
const IN_A_ROW = 2;

/** A watcher beside a server, and how many connections it has seen on the server's port. What it sees is filed under the evidence. */
export class ServerWatch implements AsyncDisposable {
  readonly evidence: Evidence;
  readonly #changes = new Changes();
  #watching: ReturnType<typeof watchForLoss> | undefined;
  #tracing: TraceBeside | undefined;
  /** Of the last looks that counted, the last one last. */
  #looks: number[] = [];

  private constructor(evidence: Evidence) {
    this.evidence = evidence;
  }

  /** `start` starts the watcher, and has it file its lines under the evidence and call `onLine` with each. Passes on what it throws. */
  static async begin(
    evidence: Evidence,
    start: (onLine: (line: ObserverLine) => void) => Promise<Part>,
  ): Promise<ServerWatch> {
    const watch = new ServerWatch(evidence);
    const part = await start((line) => watch.#heard(line));
    watch.#watching = watchForLoss(part, evidence);
    part.ended.then(() => watch.#changes.happened());
    return watch;
  }

  #heard(line: ObserverLine): void {
    const sockets = line.event === 'observed' ? line.server?.sockets : undefined;
    if (sockets !== undefined) this.#looks.push(sockets);
    this.#changes.happened();
  }

  /** Connections on the port at the first look that counted them; undefined: there was none yet. */
  get first(): number | undefined {
    return this.evidence.observer.series.find(({ server }) => server?.sockets !== undefined)?.server?.sockets;
  }

  /** How the watch ended by itself; undefined: it goes on. */
  get lost(): string | undefined {
    return this.evidence.observer.lost?.how;
  }

  /** Is nobody left of the server's processes, or nobody who watches? */
  get over(): boolean {
    const last = this.evidence.observer.series.at(-1);
    return this.lost !== undefined || (last !== undefined && isOver(last));
  }

  /**
   * How many connections the port has left once it has no more than `atMost`, or after `ms`, or when the watch has ended.
   * Undefined: nobody has counted. An abort, which is heard with the next sample, throws its reason.
   */
  async untilLeft(ms: number, signal: AbortSignal | undefined, atMost = 0): Promise<number | undefined> {
    this.#looks = [];
    const few = () =>
      this.#looks.length >= IN_A_ROW && this.#looks.slice(-IN_A_ROW).every((sockets) => sockets <= atMost);
    await this.#changes.until(() => signal?.aborted || this.lost !== undefined || few(), ms);
    signal?.throwIfAborted();
    // On a busy machine `ms` may be over before the next look: then it is what the last one saw.
    const { series } = this.evidence.observer;
    return series.findLast(({ server }) => server?.sockets !== undefined)?.server?.sockets;
  }

  /**
   * How many connections the port has, once that has not changed for `stillMs`, 0 at once; undefined: within `ms` it never stood still, or nobody
   * counted. An abort throws its reason.
   */
  async untilStill(
    { stillMs, ms }: { stillMs: number; ms: number },
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const { series } = this.evidence.observer;
    const still = (): number | undefined => {
      const counts = series.flatMap(({ at, server }) =>
        server?.sockets === undefined ? [] : [{ at, sockets: server.sockets }],
      );
      const last = counts.at(-1);
      if (last === undefined) return undefined;
      const since = counts.findLastIndex(({ sockets }) => sockets !== last.sockets) + 1;
      const looks = counts.slice(since);
      const long =
        last.sockets === 0 ? looks.length >= IN_A_ROW : last.at - (looks[0]?.at ?? last.at) >= stillMs;
      return long ? last.sockets : undefined;
    };
    await this.#changes.until(() => signal?.aborted || this.over || still() !== undefined, ms);
    signal?.throwIfAborted();
    return still();
  }

  /** Has the kernel tell of the server's connections as well, where this process is root on its machine. */
  async trace(label: string): Promise<void> {
    this.#tracing ??= await traceServer(this.evidence, label);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tracing?.stop();
    await this.#watching?.end();
    endJoining(this.evidence.ledger);
  }
}
