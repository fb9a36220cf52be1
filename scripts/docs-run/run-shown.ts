import { constants } from 'node:os';
import { CannotRunError, lineOf } from '../../common/errors.ts';
import { bounded, type Ended } from './bounded.ts';
import type { Shown } from './commands.ts';
import type { Decision } from './decision.ts';
import { differences, factsOf } from './facts.ts';
import { k6Environment, missingNeed } from './needs.ts';
import { apart, here, type Place } from './place.ts';
import { readServer, serve } from './server.ts';

/** What became of a command, and why it failed or was not run. */
export interface Outcome {
  state: 'passed' | 'failed' | 'skipped';
  why: string[];
  ms: number;
  /** What it printed on stdout; empty when it was not run to its end. */
  printed: string;
}

/** Longer than this many times what it once took nothing may take, and never less than `LEAST_MS`. */
const TIMES = 4;
const LEAST_MS = 60_000;

/** Runs a command as its decision says, and compares. Gives what became of it; throws only when `signal` is aborted. */
export async function runShown(shown: Shown, signal?: AbortSignal): Promise<Outcome> {
  const { decision } = shown;
  const began = performance.now();
  const outcome = (state: Outcome['state'], why: string[], printed = ''): Outcome => ({
    state,
    why,
    ms: performance.now() - began,
    printed,
  });
  const missing = decision.skip ?? missingNeed(decision.needs);
  if (missing !== undefined) return outcome('skipped', [missing]);
  try {
    await using place = await placeFor(decision);
    signal?.throwIfAborted();
    const ended = await inPlace(shown, place, signal);
    const why = disagreements(ended, decision, shown.output);
    return outcome(why.length > 0 ? 'failed' : 'passed', why, ended.stdout);
  } catch (error) {
    signal?.throwIfAborted();
    return error instanceof CannotRunError
      ? outcome('skipped', [lineOf(error)])
      : outcome('failed', [lineOf(error)]);
  }
}

/** The command line that is run for what the page shows. */
export function commandLine({ command, decision: { prefix, replace } }: Shown): string {
  const replaced = replace.reduce((text, [from, to]) => text.replaceAll(from, to), command);
  return prefix === undefined ? replaced : `${prefix} ${replaced}`;
}

/** What an engine runs it runs outside of all namespaces of ours. */
async function placeFor({ needs }: Decision): Promise<Place> {
  return process.platform !== 'linux' || needs.includes('docker') ? here() : apart();
}

/** Runs it, with what it needs before, beside and after it. Throws when it has to be ended, or what comes before it fails. */
async function inPlace(shown: Shown, place: Place, signal?: AbortSignal): Promise<Ended> {
  const { decision } = shown;
  const { server, first, after, takesMs, interruptMs } = decision;
  const env: Record<string, string> = { COLUMNS: '100', ...k6Environment() };
  if (server !== undefined) {
    if (place.stage === undefined) throw new CannotRunError('needs the namespaces of Linux, for its server');
    env.PID = String(await serve(place.stage, readServer(server)));
  }
  const limitMs = Math.max(LEAST_MS, TIMES * takesMs);
  const limits = { limitMs, signal };
  if (first !== undefined) {
    const { code, stderr } = await bounded(place.start(first, env), limits);
    if (code !== 0) throw new Error(`${first} ended with ${code}: ${lastLine(stderr)}`);
  }
  try {
    return await bounded(place.start(commandLine(shown), env), { ...limits, interruptMs });
  } finally {
    if (after !== undefined) await bounded(place.start(after, env), { limitMs });
  }
}

/** What a run is not as the page says; the exit code first. */
export function disagreements(ended: Ended, { exit, varies, replace }: Decision, output?: string): string[] {
  const { stdout, stderr } = ended;
  const code = codeOf(ended);
  const codes = code === exit ? [] : [`exit code ${exit} expected, ${code} now: ${lastLine(stderr)}`];
  if (output === undefined) return codes;
  const shown = factsOf(output);
  if (shown.size === 0) return [...codes, 'the output that the page shows has nothing that can be compared'];
  const now = replace.reduce((text, [from, to]) => text.replaceAll(to, from), `${stdout}\n${stderr}`);
  return [...codes, ...differences(shown, factsOf(now), varies)];
}

/** As a shell tells it: 128 and its number for a signal (`$?`). */
function codeOf({ code, signal }: Ended): number | null {
  return signal ? 128 + constants.signals[signal] : code;
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) || 'nothing on stderr';
