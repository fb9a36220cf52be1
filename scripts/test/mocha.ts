import type { ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { outsideActions } from '../../lab/verbs/actions/actions.ts';
import { quiet } from './beside.ts';
import { killGroup, runNode, wasInterrupted } from './child.ts';
import { type FileTally, failure, sum, type Tally, type Told } from './tally.ts';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A group of spec files that run in one process. */
export interface Specs {
  /** Glob patterns, from the project's folder. */
  files: string[];
  /** Patterns of files that belong to another step. */
  except?: string[];
  grep?: string | undefined;
  /** What they get in their environment; where that takes time, or may fail, it is asked for when they are to begin. */
  env?: NodeJS.ProcessEnv | (() => Promise<NodeJS.ProcessEnv>);
  /** How long (ms) the process may live on when its tests are over; 10 s unless told. */
  patience?: number;
}

/** More files with failures than this are no accident of a busy machine. */
const FEW = 3;

/**
 * Runs spec files in a process of their own, with their output on ours. A run that ends without its report, or does
 * not end, or has no spec file, counts as one failed test.
 */
export function runMocha(specs: Specs): Promise<Tally> {
  return runSideBySide(1, specs);
}

/**
 * Runs groups of spec files, each in a process of its own, `lanes` of them side by side: most of what they take is waiting. Begins
 * them as they are given, the next when one has ended; so the longest are best given first. The output of each follows that of the
 * one before.
 */
export async function runSideBySide(lanes: number, ...groups: Specs[]): Promise<Tally> {
  const busy = new Set<Promise<unknown>>();
  const runs: Promise<Once>[] = [];
  for (const specs of groups) {
    while (busy.size >= lanes) await Promise.race(busy);
    if (wasInterrupted()) break;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    busy.add(ended);
    void ended.then(() => busy.delete(ended));
    runs.push(runOnce(specs, end, runs.at(-1)).finally(end));
  }
  return lookAgain(groups, await Promise.all(runs));
}

/** What one run gave: of each file, and of what failed without being a test of any. */
interface Once {
  files: FileTally[];
  rest: Tally[];
}

/**
 * Runs the few files that have failures once more, one by one and when nothing goes on beside: these tests have real kernels, real
 * processes and a machine that is busy with the other groups. What fails again has failed; what passes is told as unsteady.
 */
async function lookAgain(groups: readonly Specs[], runs: readonly Once[]): Promise<Tally> {
  const failing = runs.flatMap(({ files, rest }, index) =>
    // Of a group that did not come to its end nothing is known to be an accident.
    rest.length > 0
      ? []
      : files.flatMap((first) =>
          first.failed.length > 0 && first.file !== '' ? [{ first, specs: groups[index] as Specs }] : [],
        ),
  );
  const few = failing.length <= FEW ? failing : [];
  const again = new Set(few.map(({ first }) => first));
  const tallies: Tally[] = runs.flatMap(({ files, rest }) => [
    ...files.filter((one) => !again.has(one)),
    ...rest,
  ]);
  if (few.length > 0 && !wasInterrupted()) await quiet();
  for (const { first, specs } of few) tallies.push(wasInterrupted() ? first : await alone(first, specs));
  return sum(tallies);
}

/** The second run of a file that had failures. */
async function alone(first: FileTally, specs: Specs): Promise<Tally> {
  console.log(`\n  once more, alone: ${first.file}`);
  const second = await runOnce({ ...specs, files: [first.file], except: [] });
  const again = sum([...second.files, ...second.rest]);
  const titles = (told: Told[]) => new Set(told.map(({ title }) => title));
  const [failed, skipped] = [titles(again.failed), titles(again.skipped)];
  // Skipped the second time (the engine is gone, say) it has not passed.
  const lost = first.failed.filter(({ title }) => skipped.has(title));
  const unsteady = first.failed.filter((told) => !failed.has(told.title) && !lost.includes(told));
  return {
    ...again,
    failed: [...again.failed, ...lost],
    skipped: again.skipped.filter(({ title }) => !titles(lost).has(title)),
    unsteady,
    again: [...first.again, ...again.again],
  };
}

/** Calls `ended` when its process has; keeps its output back until `before` is over: that is on the screen. */
async function runOnce(specs: Specs, ended: () => void = () => {}, before?: Promise<unknown>): Promise<Once> {
  const files = globSync(specs.files, {
    cwd: ROOT,
    exclude: specs.except ?? [],
  }).sort();
  const failed = async (why: string, there: FileTally[] = []): Promise<Once> => {
    await before;
    console.log(`  ${why}`);
    return { files: there, rest: [failure(specs.files.join(', '), why)] };
  };
  if (files.length === 0) return failed(`no spec file matches ${specs.files.join(', ')}`);
  const args = ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--reporter', 'scripts/test/reporter.ts'];
  if (specs.grep !== undefined) args.push('--grep', specs.grep);
  let given: NodeJS.ProcessEnv | undefined;
  try {
    given = typeof specs.env === 'function' ? await specs.env() : specs.env;
  } catch (error) {
    return failed((error as Error).message);
  }
  if (given?.RESETLAB_DOCKER_MISSING) args.push('--require', './scripts/test/without-engine.ts');
  let tallies: FileTally[] | undefined;
  let leftOpen = false;
  const watch = (child: ChildProcess) =>
    child.once('message', (message) => {
      tallies = message as FileTally[];
      // An interrupted test may still be cleaning up; the signal has set a limit for that already.
      if (wasInterrupted()) return;
      const timer = setTimeout(() => {
        leftOpen = true;
        killGroup(child);
      }, specs.patience ?? 10_000);
      child.once('exit', () => clearTimeout(timer));
    });
  const env = { ...outsideActions(process.env), ...given };
  const out = before ? 'pipe' : 'inherit';
  const held: Buffer[] = [];
  const listen = (child: ChildProcess) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => held.push(chunk));
    watch(child);
  };
  const code = await runNode(
    [...args, ...files],
    { cwd: ROOT, env, stdio: ['ignore', out, out, 'ipc'] },
    listen,
  );
  ended();
  await before;
  process.stdout.write(Buffer.concat(held));
  if (!tallies) return failed(`mocha ended with code ${code} before its report`);
  // What a test that failed did not come to close is no failure of its own.
  if (leftOpen && tallies.every((one) => one.failed.length === 0))
    return failed(`the tests are over, but something they left open keeps their process alive`, tallies);
  if (code !== 0 && tallies.every((one) => one.failed.length === 0))
    return failed(`mocha ended with code ${code}`, tallies);
  return { files: tallies, rest: [] };
}
