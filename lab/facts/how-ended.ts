import { defined } from '../../common/defined.ts';
import type { HolderSample, HolderState, ObservedLine } from '../../protocol/observer-events.ts';
import type { ProcessLine, Sender } from '../../protocol/process-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { once } from './once.ts';

/** How a process ended, as the kernel reports it. */
export interface HowEnded {
  by: 'tracefs' | 'wait status' | 'cgroup';
  /** It was ended by this signal. */
  signal?: string;
  /** It exited by itself with this code. */
  code?: number;
  /** Who sent the signal that ended it, or told it to end; absent: not known, or `ownDoing`. */
  sender?: Sender;
  /** The process sent the signal itself, or the kernel did for a fault of its program. */
  ownDoing?: true;
  /** The signal that told it to end, before it exited by itself. */
  asked?: string;
  /** The kernel chose it to be killed for want of memory. */
  oom?: true;
  /** The sender is the process that started it. */
  byParent?: true;
  /** Whether the kernel killed it for want of memory could not be read. */
  oomUnread?: true;
}

/** The end of a process in one word; `asked`: it was told to end, and exited; `left`: it exited on its own, in order. */
export type KindOfEnd = 'memory' | 'crash' | 'killed' | 'asked' | 'left';

/** Signals that a process causes itself where no other sender is seen (signal(7): abort(3), and faults of the program). */
const OWN_SIGNALS = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);
/** Signals that tell a process to end (signal(7)). */
const ASKS = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']);
/** Exit codes of programs that catch such a signal, as shells have them. */
const CODES_OF_ASKS = new Map([
  [143, 'SIGTERM'],
  [130, 'SIGINT'],
  [131, 'SIGQUIT'],
  [129, 'SIGHUP'],
]);
/** A process told to end may serve on this long, ms. If longer, a crash is attributed to an old signal. If shorter, a drain is a crash. */
const ASKED_WITHIN_MS = 30_000;
/** The trace may show an event this much later, ms: a sample, and a busy machine. */
const AFTERWARDS_MS = 1500;
/** A kill for want of memory and the sample without the process are this near to each other, ms. */
const OOM_WITHIN_MS = 1500;

/** The word for how a process ended; undefined: that is not known. */
export function kindOfEnd(how: HowEnded | undefined): KindOfEnd | undefined {
  if (how === undefined || how.oomUnread) return undefined;
  const { signal, code, ownDoing, oom, asked } = how;
  if (oom) return 'memory';
  if (signal !== undefined) {
    if (ownDoing) return 'crash';
    return 'killed';
  }
  if (asked !== undefined) return 'asked';
  return code === 0 ? 'left' : 'crash';
}

/** How this process ended, which was seen to be gone at `at`, ms since the epoch; undefined: not known. */
export function howEnded(evidence: Evidence, pid: number, at: number): HowEnded | undefined {
  const traced = tracedEnd(linesByPid(evidence).get(pid) ?? [], at);
  if (traced !== undefined) return withParent(traced, evidence, pid);
  const { series } = evidence.observer;
  const status = series.find(({ server }) => server?.holders[pid]?.ended)?.server?.holders[pid]?.ended;
  const oom = oomAt(series, at);
  if (status) {
    const unread = series.every(({ server }) => server?.oomKills === undefined);
    return howByStatus(status, oom ? 1 : unread ? undefined : 0);
  }
  return oom ? { by: 'cgroup', signal: 'SIGKILL', oom } : undefined;
}

/** By the wait status that its parent got. `oomKills`: how many processes the kernel killed in its cgroup; undefined: could not be read. */
export function howByStatus(
  { signal, code }: NonNullable<HolderSample['ended']>,
  oomKills: number | undefined,
): HowEnded {
  const asked = code === null ? undefined : CODES_OF_ASKS.get(code);
  const memory =
    oomKills === undefined ? { oomUnread: true as const } : oomKills > 0 ? { oom: true as const } : {};
  return {
    by: 'wait status',
    ...defined({ signal: signal ?? undefined, code: code ?? undefined, asked }),
    ...(signal !== null && OWN_SIGNALS.has(signal) ? { ownDoing: true as const } : {}),
    ...(signal === 'SIGKILL' ? memory : {}),
  };
}

/** When the trace saw this process end, which was last seen alive at `from` and was gone by `to`; undefined: the trace did not see it. */
export function tracedMoment(
  evidence: Evidence,
  { pid, from, to }: { pid: number; from: number; to: number },
): number | undefined {
  const lines = linesByPid(evidence).get(pid) ?? [];
  const last = lines.findLast(
    (line) => line.what !== 'refused' && line.at >= from - AFTERWARDS_MS && line.at <= to + AFTERWARDS_MS,
  );
  return last?.at;
}

const linesByPid = once(({ processes = [] }: Evidence) => Map.groupBy(processes, ({ pid }) => pid));

function tracedEnd(lines: readonly ProcessLine[], at: number): HowEnded | undefined {
  const own = lines.filter((line) => line.at > at - ASKED_WITHIN_MS && line.at <= at + AFTERWARDS_MS);
  if (own.some(({ what }) => what === 'oom')) return { by: 'tracefs', signal: 'SIGKILL', oom: true };
  const exit = own.findLast((line) => line.what === 'exit');
  const signals = own.filter((line) => line.what === 'signal').filter(({ signal }) => signal !== 'SIGSTOP');
  if (exit?.what === 'exit') {
    const ask = signals.findLast((line) => ASKS.has(line.signal) && line.by?.pid !== line.pid);
    const asked = ask?.signal ?? CODES_OF_ASKS.get(exit.code);
    return { by: 'tracefs', code: exit.code, ...defined({ asked, sender: ask?.by }) };
  }
  const last = signals.at(-1);
  if (last === undefined) return undefined;
  const { signal, by } = last;
  const ownDoing = by === undefined || by.pid === last.pid;
  return { by: 'tracefs', signal, ...(ownDoing ? { ownDoing } : { sender: by }) };
}

/** Did the kernel kill as many processes in the server's cgroup for want of memory just then as were seen to end? */
function oomAt(series: readonly ObservedLine[], at: number): true | undefined {
  const near = series.filter((line) => Math.abs(line.at - at) <= OOM_WITHIN_MS);
  const before = series.findLast(
    (line) => line.at < at - OOM_WITHIN_MS && line.server?.oomKills !== undefined,
  );
  const counts = near.flatMap(({ server }) => server?.oomKills ?? []);
  const killed = Math.max(0, ...counts) - (before?.server?.oomKills ?? 0);
  if (killed <= 0) return undefined;
  const gone = new Set(
    near.flatMap(({ server }) =>
      Object.entries(server?.holders ?? {}).flatMap(([pid, { state }]) =>
        (state === 'gone' || state === 'Z') && wasAlive(series, pid, at) ? pid : [],
      ),
    ),
  );
  return gone.size <= killed ? true : undefined;
}

function wasAlive(series: readonly ObservedLine[], pid: string, at: number): boolean {
  return series.some((line) => {
    const state = line.server?.holders[pid]?.state;
    return (
      line.at >= at - 2 * OOM_WITHIN_MS &&
      line.at < at &&
      state !== undefined &&
      state !== 'gone' &&
      state !== 'Z'
    );
  });
}

function withParent(how: HowEnded, evidence: Evidence, pid: number): HowEnded {
  const { before, series } = evidence.observer;
  const holders: HolderState[] = [
    ...(before?.server?.holders ?? []),
    ...series.flatMap(({ server }) => server?.joined ?? []),
  ];
  const parent = holders.find((holder) => holder.pid === pid)?.parent;
  return parent !== undefined && how.sender?.pid === parent ? { ...how, byParent: true } : how;
}

/** Who sent a signal, in words; nothing where that is not known. */
export function senderInWords(sender: Sender | undefined): string {
  if (sender === undefined) return '';
  const { name, pid } = sender;
  if (name === undefined) return pid === undefined ? '' : ` from process ${pid}`;
  return ` from ${name}${pid === undefined ? '' : ` (pid ${pid})`}`;
}

/** How it ended, in words: `by SIGKILL from bash (pid 12)`. */
export function endInWords(how: HowEnded | undefined): string {
  if (how === undefined) return 'how is not known: only its parent knows';
  const { signal, code, asked, sender, oom, ownDoing, byParent } = how;
  const from = `${senderInWords(sender)}${byParent ? ', which had started it' : ''}`;
  if (oom) return 'killed by the kernel for want of memory (SIGKILL)';
  if (signal !== undefined) return `by ${signal}${ownDoing ? ' of its own' : from}`;
  if (asked !== undefined) return `told to by ${asked}${from}, with exit code ${code}`;
  return `by itself with exit code ${code}`;
}
