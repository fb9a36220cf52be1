import type { Engine } from '../engine/ensure.ts';
import { runNode } from './child.ts';
import { environment } from './docker.ts';
import { ROOT, runMocha, type Specs } from './mocha.ts';
import { single, type Tally } from './tally.ts';

/** The steps of `npm test`, in this order, with the names that --only takes. */
export const STEPS = ['types', 'lint', 'unit', 'netns', 'docker', 'compose'] as const;
export type Step = (typeof STEPS)[number];

const FILES = {
  // Plain processes are tested with the namespaces: both need nothing but this machine.
  netns: ['test/thresholds/netns.spec.ts', 'test/thresholds/native.spec.ts'],
  docker: ['test/thresholds/docker.spec.ts'],
  compose: ['test/compose.spec.ts'],
};

/** True for the steps that need a Docker engine. */
export function needsEngine(step: Step): step is 'docker' | 'compose' {
  return step === 'docker' || step === 'compose';
}

/** Runs a step that needs no engine. */
export async function runStep(step: Exclude<Step, 'docker' | 'compose'>, grep?: string): Promise<Tally> {
  if (step === 'types') return single((await tool('node_modules/typescript/bin/tsc', '-p', '.')) === 0);
  if (step === 'lint') return single((await tool('node_modules/@biomejs/biome/bin/biome', 'check')) === 0);
  if (step === 'netns') return runMocha({ files: FILES.netns, grep });
  const except = ['test/thresholds/**', 'test/compose.spec.ts'];
  return runMocha({ files: ['test/**/*.spec.ts'], except, grep });
}

/** Runs a step that needs an engine; without one its specs are skipped. */
export async function runDockerStep(
  step: 'docker' | 'compose',
  engine: Engine,
  grep?: string,
): Promise<Tally> {
  const specs: Specs = {
    files: FILES[step],
    grep,
    env: await environment(engine),
  };
  return runMocha(specs);
}

function tool(script: string, ...args: string[]): Promise<number> {
  return runNode([script, ...args], { cwd: ROOT });
}
