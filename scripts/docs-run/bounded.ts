import { pause, within } from '../../common/waiting.ts';
import type { Run } from '../../lab/exam/strangers/stage.ts';

export type Ended = Awaited<Run['ended']>;

/** After Ctrl-C it may take so long to end in order. */
const ENDING_MS = 10_000;

interface Bounds {
  limitMs: number;
  interruptMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Waits for the end, which comes by Ctrl-C after `interruptMs`. Throws when it had to be by force. */
export async function bounded(run: Run, { limitMs, interruptMs, signal }: Bounds): Promise<Ended> {
  const { child, ended } = run;
  const over = new AbortController();
  const late = new Error(`it had not ended after ${limitMs / 1000} s`);
  // What it has left in the background, which would keep its output open.
  child.once('exit', () => signalGroup(child.pid, 'SIGKILL'));
  if (interruptMs !== undefined) void interruptAfter(interruptMs, run, over.signal);
  try {
    return await within(limitMs, ended, late, signal);
  } catch (error) {
    signalGroup(child.pid, 'SIGINT');
    await within(ENDING_MS, ended, late).catch(() => signalGroup(child.pid, 'SIGKILL'));
    await ended;
    throw error;
  } finally {
    over.abort();
  }
}

async function interruptAfter(ms: number, { child }: Run, over: AbortSignal): Promise<void> {
  await pause(ms, over);
  if (!over.aborted) signalGroup(child.pid, 'SIGINT');
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}
