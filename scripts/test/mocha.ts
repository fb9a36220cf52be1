import type { ChildProcess } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { killGroup, runNode, wasInterrupted } from './child.ts';
import { sum, type Tally } from './tally.ts';

/** The folder of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Specs {
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

/**
 * Runs spec files in a process of their own, with their output on ours. A run that ends without its report, or does
 * not end, or has no spec file, counts as one failed test.
 */
export async function runMocha(specs: Specs): Promise<Tally> {
  const files = globSync(specs.files, {
    cwd: ROOT,
    exclude: specs.except ?? [],
  }).sort();
  const failed = (why: string, tally?: Tally): Tally => {
    console.log(`  ${why}`);
    return {
      passed: 0,
      skipped: [],
      ...tally,
      failed: (tally?.failed ?? 0) + 1,
    };
  };
  if (files.length === 0) return failed(`no spec file matches ${specs.files.join(', ')}`);
  const args = ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--reporter', 'scripts/test/reporter.ts'];
  if (specs.grep !== undefined) args.push('--grep', specs.grep);
  if (specs.env?.RESETLAB_DOCKER_MISSING) args.push('--require', './scripts/test/without-engine.ts');
  let tally: Tally | undefined;
  let leftOpen = false;
  const watch = (child: ChildProcess) =>
    child.once('message', (message) => {
      tally = message as Tally;
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
  if (!tally) return failed(`mocha ended with code ${code} before its report`);
  if (leftOpen)
    return failed(`the tests are over, but something they left open keeps their process alive`, tally);
  if (code !== 0 && tally.failed === 0) return failed(`mocha ended with code ${code}`, tally);
  return tally;
}

/**
 * Runs groups of spec files side by side, each in a process of its own: most of what they take is waiting. The output
 * of each follows that of the one before.
 */
export async function runSideBySide(...groups: Specs[]): Promise<Tally> {
  let before: Promise<Tally> | undefined;
  const tallies = groups.map((specs) => {
    before = runMocha(before ? { ...specs, heldBack: before } : specs);
    return before;
  });
  return sum(await Promise.all(tallies));
}
