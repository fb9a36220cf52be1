import type { ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { quiet } from './beside.ts';
import { killGroup, runNode, wasInterrupted } from './child.ts';
import { type FileTally, failure, sum, type Tally, type Told } from './tally.ts';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Specs {
  /** Glob patterns, from the project's folder. */
  files: string[];
  /** Patterns of files that belong to another step. */
  except?: string[];
  grep?: string | undefined;
  env?: NodeJS.ProcessEnv;
  /** Keep the output back until then: another run is on the screen. */
  heldBack?: Promise<unknown>;
  /** How long (ms) the process may live on when its tests are over; 10 s unless told. */
  patience?: number;
}

/** More files with failures than this are no accident of a busy machine. */
const FEW = 3;

/**
 * Runs spec files in a process of their own, with their output on ours. A run that ends without its report, or does
 * not end, or has no spec file, counts as one failed test.
 */
export async function runMocha(specs: Specs): Promise<Tally> {
  return lookAgain(specs, await runOnce(specs));
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
async function lookAgain(specs: Specs, { files, rest }: Once): Promise<Tally> {
  const failing = files.filter(({ file, failed }) => failed.length > 0 && file !== '');
  if (failing.length === 0 || failing.length > FEW || rest.length > 0) return sum([...files, ...rest]);
  const tallies: Tally[] = files.filter((one) => !failing.includes(one));
  if (!wasInterrupted()) await quiet();
  for (const first of failing) {
    if (wasInterrupted()) {
      tallies.push(first);
      continue;
    }
    console.log(`\n  once more, alone: ${first.file}`);
    const { heldBack: _, ...alone } = specs;
    const second = await runOnce({ ...alone, files: [first.file], except: [] });
    const again = sum([...second.files, ...second.rest]);
    const titles = (told: Told[]) => new Set(told.map(({ title }) => title));
    const [failed, skipped] = [titles(again.failed), titles(again.skipped)];
    // Skipped the second time (the engine is gone, say) it has not passed.
    const lost = first.failed.filter(({ title }) => skipped.has(title));
    const unsteady = first.failed.filter((told) => !failed.has(told.title) && !lost.includes(told));
    tallies.push({
      ...again,
      failed: [...again.failed, ...lost],
      skipped: again.skipped.filter(({ title }) => !titles(lost).has(title)),
      unsteady,
      again: [...first.again, ...again.again],
    });
  }
  return sum(tallies);
}

async function runOnce(specs: Specs): Promise<Once> {
  const files = globSync(specs.files, {
    cwd: ROOT,
    exclude: specs.except ?? [],
  }).sort();
  const failed = (why: string, there: FileTally[] = []): Once => {
    console.log(`  ${why}`);
    return { files: there, rest: [failure(specs.files.join(', '), why)] };
  };
  if (files.length === 0) return failed(`no spec file matches ${specs.files.join(', ')}`);
  const args = ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--reporter', 'scripts/test/reporter.ts'];
  if (specs.grep !== undefined) args.push('--grep', specs.grep);
  if (specs.env?.RESETLAB_DOCKER_MISSING) args.push('--require', './scripts/test/without-engine.ts');
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
  const env = { ...process.env, ...specs.env };
  const out = specs.heldBack ? 'pipe' : 'inherit';
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
  await specs.heldBack;
  process.stdout.write(Buffer.concat(held));
  if (!tallies) return failed(`mocha ended with code ${code} before its report`);
  // What a test that failed did not come to close is no failure of its own.
  if (leftOpen && tallies.every((one) => one.failed.length === 0))
    return failed(`the tests are over, but something they left open keeps their process alive`, tallies);
  if (code !== 0 && tallies.every((one) => one.failed.length === 0))
    return failed(`mocha ended with code ${code}`, tallies);
  return { files: tallies, rest: [] };
}

/**
 * Runs groups of spec files side by side, each in a process of its own: most of what they take is waiting. The output
 * of each follows that of the one before.
 */
export async function runSideBySide(...groups: Specs[]): Promise<Tally> {
  let before: Promise<Once> | undefined;
  const runs = groups.map((specs) => {
    before = runOnce(before ? { ...specs, heldBack: before } : specs);
    return before;
  });
  const tallies: Tally[] = [];
  for (const [index, once] of (await Promise.all(runs)).entries())
    tallies.push(await lookAgain(groups[index] as Specs, once));
  return sum(tallies);
}
