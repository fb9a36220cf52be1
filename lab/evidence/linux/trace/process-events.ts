import { constants } from 'node:os';
import { defined } from '../../../../common/defined.ts';
import type { ProcessLine, RefusalsLine, Sender } from '../../../../protocol/process-events.ts';
import { familyOf } from '../../../../system/proc/process.ts';
import { readStat } from '../../../../system/proc/stat.ts';
import { readText } from '../../../../system/read.ts';
import type { End, ProcessEvent, Task, TraceEvent } from '../../../../system/tracefs/events.ts';
import { rarely } from '../rarely.ts';
import { ForgedRefusals } from './forged-refusals.ts';
import { pidIn } from './server-sockets.ts';
import type { Threads } from './threads.ts';

/** Whose children may be the server's as well is looked up so seldom at the least, ms: it takes a file for each process of the machine. */
const FAMILY_MS = 500;
const MOST_KNOWN = 10_000;

/** Of a packet for which there is no socket (net/ipv4/tcp_ipv4.c tcp_v4_rcv, no_tcp_socket): nobody listens, or the connection is over. */
const NO_SOCKET = 'NO_SOCKET';

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
const KINDS: ReadonlySet<string> = new Set<ProcessEvent['kind']>(['signal', 'exit', 'victim', 'unforked']);

interface Signalled {
  signal: string;
  by?: Sender;
}

export interface ProcessEventsOptions {
  port: number;
  threads: Threads;
  /** The processes that hold the server's listener. */
  holders: () => readonly number[];
  /** Whose this address is: the server's, also another's, or not the server's at all. */
  whoseIs: (host: string) => 'own' | 'shared' | undefined;
  /** Is it the server to which this process sends, at an address that is also another's? */
  reaches: (pid: number, host: string) => boolean;
  /** What a thread was called that is gone. */
  savedName: (thread: number) => string | undefined;
  /** The pid namespace whose numbers are told; absent: that of /proc. */
  pids: string | undefined;
  /** The trace has each RST that any TCP of this kernel sends. */
  hasSendings: boolean;
  /** From the trace's clock to ms since the epoch. */
  toEpoch: () => number;
}

/**
 * What the trace tells of the server's processes: how they ended, by whose signal, and where they got no other. The trace is the whole
 * machine's: the server's are those that hold its listener or begin to listen on its port, and all that these have started.
 */
export class ProcessEvents {
  readonly #options: ProcessEventsOptions;
  /** By number of /proc: the number that is told. */
  readonly #known = new Map<number, number>();
  readonly #refused = new Map<number, { at: number; count: number }>();
  /** The last signal of each process of the machine, since its end may be that of others. */
  readonly #signals = new Map<number, Signalled>();
  #lines: ProcessLine[] = [];
  #refusals: RefusalsLine | undefined;
  readonly #forged: ForgedRefusals;
  readonly #lookAround: (urgent?: boolean) => unknown;

  constructor(options: ProcessEventsOptions) {
    this.#options = options;
    this.#forged = new ForgedRefusals(options.port);
    this.#lookAround = rarely(FAMILY_MS, () => this.#lookNow());
    this.#lookAround();
  }

  /** Looks who belongs to the server by now, if that is due. */
  look(): void {
    this.#lookAround();
  }

  #lookNow(): void {
    const roots = this.#options.holders();
    if (roots.length > 0) for (const pid of familyOf(...roots)) this.#meet(pid);
  }

  #meet(pid: number): void {
    if (this.#known.has(pid)) return;
    const { pids } = this.#options;
    const told = pids === undefined ? pid : pidIn(pids, pid);
    if (told === undefined) return;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(pid, told);
  }

  /** Takes an event if it tells of processes alone. */
  take(event: TraceEvent): boolean {
    const forged = this.#options.hasSendings ? this.#forged.take(event) : undefined;
    if (forged !== undefined && this.#wasForUs(forged)) {
      const line = this.#refusalsAt(event.at);
      const list = forged.by === 'RST' ? 'forged' : 'unanswered';
      line[list] = [...(line[list] ?? []), forged.local.port];
    }
    if (event.kind === 'state' && event.after === 'LISTEN' && event.local.port === this.#options.port) {
      const pid = this.#options.threads.processOf(event.task.thread);
      if (pid !== undefined) this.#meet(pid);
      return false;
    }
    if (event.kind === 'send' && event.reason === NO_SOCKET && event.from.port === this.#options.port) {
      const whose = this.#options.whoseIs(event.from.host);
      if (whose === undefined) return false;
      const line = this.#refusalsAt(event.at);
      if (whose === 'own') line.ports.push(event.to.port);
      else line.shared = true;
      return false;
    }
    if (!KINDS.has(event.kind)) return false;
    this.#tell(event as ProcessEvent);
    return true;
  }

  #wasForUs({ remote, task }: { remote: End; task: Task }): boolean {
    const { whoseIs, threads, reaches } = this.#options;
    const whose = whoseIs(remote.host);
    if (whose !== 'shared') return whose === 'own';
    // An answer that comes as it connects is taken by its own thread (net/core/sock.c __release_sock).
    const pid = task.inside ? threads.processOf(task.thread) : undefined;
    return pid !== undefined && reaches(pid, remote.host);
  }

  #refusalsAt(at: number): RefusalsLine {
    this.#refusals ??= { event: 'refusals', at: at + this.#options.toEpoch(), ports: [] };
    return this.#refusals;
  }

  #tell(event: ProcessEvent): void {
    const thread = 'thread' in event ? event.thread : event.task.thread;
    const pid = this.#options.threads.processOf(thread) ?? thread;
    const signalled = event.kind === 'signal' ? this.#signalOf(event, pid) : undefined;
    const told = this.#numberOf(pid);
    if (told === undefined) return;
    const line = { event: 'process' as const, at: event.at + this.#options.toEpoch(), pid: told };
    if (event.kind === 'exit') this.#lines.push({ ...line, what: 'exit', code: event.code });
    else if (event.kind === 'victim') this.#lines.push({ ...line, what: 'oom' });
    else if (event.kind === 'signal') {
      if (signalled !== undefined) this.#lines.push({ ...line, what: 'signal', ...signalled });
    } else {
      const before = this.#refused.get(told)?.count ?? 0;
      this.#refused.set(told, { at: line.at, count: before + 1 });
    }
  }

  /**
   * Which signal, and from whom. As the first process of a pid namespace ends the kernel ends all others in it by SIGKILL
   * (kernel/pid_namespace.c zap_pid_ns_processes): then it is the signal that had ended that one. Undefined: that is not known.
   */
  #signalOf(event: ProcessEvent & { kind: 'signal' }, pid: number): Signalled | undefined {
    const signal = SIGNALS.get(event.signal) ?? `signal ${event.signal}`;
    const sender = event.ownDoing ? this.#options.threads.processOf(event.task.thread) : undefined;
    if (signal === 'SIGKILL' && event.ownDoing && sender !== pid)
      return sender === undefined ? undefined : this.#signals.get(sender);
    const by = event.ownDoing ? undefined : this.#senderOf(event.task.thread);
    const signalled = { signal, ...defined({ by }) };
    if (this.#signals.size >= MOST_KNOWN) this.#signals.clear();
    this.#signals.set(pid, signalled);
    return signalled;
  }

  /** Its number where it is told of; undefined: it is not of this server. One that was born since the last look is known by its parent. */
  #numberOf(pid: number): number | undefined {
    const known = this.#known.get(pid);
    if (known !== undefined) return known;
    const parent = readStat(pid)?.parent;
    if (parent === undefined || !this.#known.has(parent)) return undefined;
    this.#meet(pid);
    return this.#known.get(pid);
  }

  #senderOf(thread: number): Sender {
    const { threads, savedName, pids } = this.#options;
    const pid = threads.processOf(thread);
    const name = readText(`/proc/${pid ?? thread}/comm`)?.trim() ?? savedName(thread);
    const number = pids === undefined || pid === undefined ? pid : (this.#known.get(pid) ?? pidIn(pids, pid));
    return defined({ pid: number, name });
  }

  /** What has been told since the last time. */
  over(): (ProcessLine | RefusalsLine)[] {
    const refused = [...this.#refused].map(
      ([pid, { at, count }]): ProcessLine => ({ event: 'process', at, pid, what: 'refused', count }),
    );
    this.#refused.clear();
    const lines: (ProcessLine | RefusalsLine)[] = [...this.#lines, ...refused];
    if (this.#refusals !== undefined) lines.push(this.#refusals);
    this.#refusals = undefined;
    this.#lines = [];
    return lines;
  }
}
