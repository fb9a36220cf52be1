import { defined } from '../../../common/defined.ts';
import { pause } from '../../../common/waiting.ts';
import type { ObserverLine, RawLine, SnapshotLine } from '../../../protocol/observer-events.ts';
import type { Counters } from '../../../system/counters.ts';
import type { Run } from '../../../system/darwin/command.ts';
import { parseLaunchctlLimit, parseVersion } from '../../../system/darwin/machine.ts';
import { parseInterfaceTcp, parseTcpStatistics } from '../../../system/darwin/netstat-statistics.ts';
import { parseInterfaces, parseListenQueue } from '../../../system/darwin/netstat-tables.ts';
import { parseDescriptors, parsePs } from '../../../system/darwin/process-listings.ts';
import type { Nofile } from '../../../system/descriptors.ts';
import { DARWIN_SYSCTLS, parseSysctls } from '../../../system/sysctls.ts';
import { costSoFar } from '../observing.ts';

/** Commands are dear: at most this part of the time is spent on them. */
const SHARE = 1 / 4;

export interface DarwinOptions {
  pid: number;
  port: number;
  /** RLIMIT_NOFILE that the gateway was started with: macOS shows it to nobody else. */
  nofile?: number;
  everyMs: number;
  run: Run;
  write(line: ObserverLine): void;
  /** Gets what each command printed, when it is new. Absent: nobody wants it. */
  keep?(line: RawLine): void;
}

/** Watches a gateway on macOS, by what its commands print. Figures that could not be read are absent. */
export class DarwinObserver {
  readonly #options: DarwinOptions;
  readonly #run: Run;
  #before: Counters = {};
  #last: Counters = {};
  #samples = 0;

  constructor(options: DarwinOptions) {
    this.#options = options;
    this.#run = options.keep ? keeping(options.run, options.keep) : options.run;
  }

  /** Writes the snapshot before the load, then a line at a time until the signal, and the snapshot after it. */
  async watch(signal: AbortSignal): Promise<void> {
    this.#before = await this.#counters();
    this.#last = this.#before;
    await this.#snapshot('before');
    while (!signal.aborted) {
      const from = performance.now();
      await this.#observe();
      const took = performance.now() - from;
      await pause(Math.max(this.#options.everyMs - took, took * (1 / SHARE - 1)), signal);
    }
    await this.#observe();
    await this.#snapshot('after');
  }

  /** The commands one after another, so that they never crowd out the gateway. */
  async #counters(): Promise<Counters> {
    const run = this.#run;
    const tcp = parseTcpStatistics((await run('netstat', '-s', '-p', 'tcp')) ?? '');
    const lo0 = parseInterfaceTcp((await run('netstat', '-I', 'lo0', '-s', '-p', 'tcp')) ?? '');
    const interfaces = parseInterfaces((await run('netstat', '-i', '-d', '-n')) ?? '');
    return { ...interfaces, ...tcp, ...lo0 };
  }

  async #observe(): Promise<void> {
    const { pid, port, write } = this.#options;
    const run = this.#run;
    this.#samples += 1;
    const at = Date.now();
    const queue = parseListenQueue((await run('netstat', '-L', '-a', '-n')) ?? '', port);
    const said = await run('ps', '-o', 'state=,time=,rss=,uid=', '-p', String(pid));
    const stat = parsePs(said ?? '');
    const descriptors = stat && (await this.#descriptors());
    const now = await this.#counters();
    const deltas = this.#deltas(now);
    this.#last = { ...this.#last, ...now };
    write({
      event: 'observed',
      at,
      // ps prints nothing when there is no such process; what it does not print so, nobody knows.
      state: stat?.state ?? (said?.trim() === '' ? 'gone' : '?'),
      ...defined({
        descriptors: descriptors?.length,
        acceptQueue: queue && queue.qlen - queue.incqlen,
        listenQueue: queue,
        cpuMs: stat?.cpuMs,
        rss: stat?.rss,
      }),
      deltas,
    });
  }

  /** A counter that was not readable before the load has no growth. */
  #deltas(now: Counters): Counters {
    return Object.fromEntries(
      Object.entries(now).flatMap(([name, value]) => {
        const before = this.#before[name];
        return before === undefined || value === this.#last[name] ? [] : [[name, value - before]];
      }),
    );
  }

  /** Of thousands of descriptors lsof prints half a megabyte, so its words are kept for the snapshots alone. */
  async #descriptors(run = this.#options.run): Promise<number[] | undefined> {
    return parseDescriptors((await run('lsof', '-nP', '-p', String(this.#options.pid))) ?? '');
  }

  async #snapshot(when: SnapshotLine['when']): Promise<void> {
    const { pid, nofile, write } = this.#options;
    const run = this.#run;
    const stat = parsePs((await run('ps', '-o', 'state=,time=,rss=,uid=', '-p', String(pid))) ?? '');
    const descriptors = await this.#descriptors(run);
    const limits = parseLaunchctlLimit((await run('launchctl', 'limit', 'maxfiles')) ?? '');
    const system = {
      ...parseVersion((await run('sw_vers')) ?? ''),
      ...defined({ maxfiles: limits && inWords(limits) }),
    };
    const sysctls = parseSysctls((await run('sysctl', ...DARWIN_SYSCTLS)) ?? '');
    write({
      event: 'snapshot',
      at: Date.now(),
      when,
      counters: this.#last,
      sysctls,
      ...(Object.keys(system).length > 0 ? { system } : {}),
      ...(stat && descriptors && nofile !== undefined
        ? { process: { pid, nofileSoft: nofile, nofileHard: nofile, descriptors, user: stat.user } }
        : {}),
      // Of the observer itself: the commands' own time is not known.
      cost: costSoFar(this.#samples),
    });
  }
}

/** As launchctl has it, since JSON knows no Infinity. */
function inWords({ soft, hard }: Nofile): string {
  return [soft, hard].map((limit) => (Number.isFinite(limit) ? limit : 'unlimited')).join(' ');
}

/** The same runner, which hands on what each command printed, unless it is what that command printed last time. */
function keeping(run: Run, keep: (line: RawLine) => void): Run {
  const last = new Map<string, string | null>();
  return async (command, ...args) => {
    const at = Date.now();
    const said = await run(command, ...args);
    const words = [command, ...args].join(' ');
    const text = said ?? null;
    if (last.get(words) !== text) keep({ event: 'raw', at, command: words, text });
    last.set(words, text);
    return said;
  };
}
