import type { Engine } from '../engine/ensure.ts';
import { runNode } from './child.ts';
import { browserEnvironment, dockerEnvironment, k6Environment } from './environments.ts';
import { FILES, LANES, NOT_UNIT } from './groups.ts';
import { ROOT, runMocha, runSideBySide, type Specs } from './mocha.ts';
import { serversEnvironment } from './servers.ts';
import { failure, sum, type Tally, tally } from './tally.ts';

/** The steps of `npm test`, in this order, with the names that --only takes. */
export const STEPS = [
  'types',
  'lint',
  'unit',
  'report',
  'netns',
  'native',
  'diagnose',
  'situations',
  'exam',
  'docker',
  'k6',
  'compose',
  'swarm',
] as const;
export type Step = (typeof STEPS)[number];

/** The steps that need a Docker engine, for all of their tests or for some. */
type EngineStep = 'docker' | 'k6' | 'compose' | 'swarm';

/** True for the steps that need a Docker engine. */
export function needsEngine(step: Step): step is EngineStep {
  return step === 'docker' || step === 'k6' || step === 'compose' || step === 'swarm';
}

/** Steps that run beside another: both need the same of this machine, and mostly wait. */
const BESIDE: Partial<Record<Step, Step>> = {
  lint: 'types',
  report: 'netns',
  native: 'netns',
  exam: 'diagnose',
  situations: 'diagnose',
  k6: 'docker',
  compose: 'docker',
  swarm: 'docker',
};

/** True for a step that another of those asked for runs beside itself. */
export function runsBeside(step: Step, asked: readonly Step[]): boolean {
  const other = BESIDE[step];
  return other !== undefined && asked.includes(other);
}

/** The specs of no other step, in groups that know nothing of each other's processes, namespaces and labels. */
function unit(grep?: string): Promise<Tally> {
  const others = { files: ['test/**/*.spec.ts'], except: [...NOT_UNIT, ...FILES.unit.flat()], grep };
  return runSideBySide(LANES.unit, others, ...FILES.unit.map((files) => ({ files, except: NOT_UNIT, grep })));
}

/** The pages in a browser; without one they are skipped, or fail where it is required. */
const PAGES: Specs = { files: FILES.report, env: browserEnvironment };

/** The steps that need no engine, with what runs beside some of them. */
const RUNS: Record<
  Exclude<Step, EngineStep>,
  (grep: string | undefined, asked: readonly Step[]) => Promise<Tally>
> = {
  types: async (_, asked) => sum(await Promise.all([types(), ...(asked.includes('lint') ? [lint()] : [])])),
  lint,
  unit,
  report: (grep) => runMocha({ ...PAGES, grep }),
  netns: (grep, asked) => {
    const { netns, native, model } = FILES;
    const specs: Specs[] = [
      { files: netns },
      ...(asked.includes('report') ? [PAGES] : []),
      ...(asked.includes('native') ? [{ files: native }] : []),
      { files: model },
    ];
    // The largest bursts are over when the model is held against the kernel's times.
    return runSideBySide(specs.length > 2 ? LANES.netns : 1, ...specs.map((one) => ({ ...one, grep })));
  },
  native: (grep) => runMocha({ files: FILES.native, grep }),
  diagnose: strangers,
  situations: (grep) => situations(grep),
  exam: (grep) => runMocha({ files: FILES.exam, grep }),
};

/** Runs a step that needs no engine, of those asked for. */
export function runStep(
  step: Exclude<Step, EngineStep>,
  asked: readonly Step[],
  grep?: string,
): Promise<Tally> {
  return RUNS[step](grep, asked);
}

async function lint(): Promise<Tally> {
  for (const [script, ...args] of [
    ['node_modules/@biomejs/biome/bin/biome', 'check'],
    ['scripts/prose.ts'],
  ]) {
    const code = await tool(script as string, ...args);
    if (code !== 0) return failure('lint', `${[script, ...args].join(' ')} ended with code ${code}`);
  }
  return tally({ passed: 1 });
}

/** The project, and what runs in a browser and in k6, where other types hold. */
async function types(): Promise<Tally> {
  const tsc = 'node_modules/typescript/bin/tsc';
  for (const project of ['.', 'lab/report/client', 'robots/k6'])
    if ((await tool(tsc, '-p', project)) !== 0) return failure('types', `tsc -p ${project} found errors`);
  return tally({ passed: 1 });
}

/** Other people's servers, each in a namespace of its own. */
async function strangers(grep: string | undefined, asked: readonly Step[]): Promise<Tally> {
  const env = await serversEnvironment();
  const { named, healthy, others } = FILES.diagnose;
  const except = [...named.flat(), ...FILES.docker.flat()];
  const specs: Specs[] = [
    ...(asked.includes('exam') ? [{ files: FILES.exam }] : []),
    { files: others, except, env },
    ...[...healthy, ...named, ...(asked.includes('situations') ? situationFiles() : [])].map((files) => ({
      files,
      env,
    })),
  ];
  return runSideBySide(LANES.diagnose, ...specs.map((one) => ({ ...one, grep })));
}

/** What public reports tell of, made anew. The quick exam of strangers is with `exam`. */
async function situations(grep?: string): Promise<Tally> {
  const env = await serversEnvironment();
  return runSideBySide(LANES.situations, ...situationFiles().map((files) => ({ files, grep, env })));
}

/** The healthy ones, and with `--whole` the others as well. */
function situationFiles(): string[][] {
  const { healthy, faults } = FILES.situations;
  return process.env.RESETLAB_WHOLE === '1' ? [...faults, ...healthy] : healthy;
}

/** Runs a step that needs an engine, with those asked for that run beside it; without an engine its specs are skipped. */
export async function runDockerStep(
  step: EngineStep,
  engine: Engine,
  asked: readonly Step[],
  grep?: string,
): Promise<Tally> {
  const env = await dockerEnvironment(engine);
  const compose = [{ files: FILES.compose, env }];
  const swarm = [{ files: FILES.swarm, env }];
  const groups = {
    docker: async () => {
      const containers = await inContainers(engine, env);
      return [
        // The bursts of the thresholds have no build beside them, nor have they k6.
        ...containers.slice(0, 2),
        ...(asked.includes('compose') ? compose : []),
        ...(asked.includes('swarm') ? swarm : []),
        ...containers.slice(2),
        ...(asked.includes('k6') ? crossCheck(env) : []),
      ];
    },
    k6: async () => crossCheck(env),
    compose: async () => compose,
    // Its two engines are its own: the other one builds the image.
    swarm: async () => swarm,
  };
  const specs: Specs[] = await groups[step]();
  return runSideBySide(LANES[step], ...specs.map((one) => ({ ...one, grep })));
}

async function inContainers(engine: Engine, env: NodeJS.ProcessEnv): Promise<Specs[]> {
  const servers = engine.available ? await serversEnvironment() : {};
  return FILES.docker.map((files) => ({ files, env: { ...env, ...servers } }));
}

/** Robots against k6: in namespaces whether there is an engine or not. */
function crossCheck(engine: NodeJS.ProcessEnv): Specs[] {
  return [
    { files: FILES.k6.docker, env: async () => ({ ...engine, ...(await k6Environment()) }) },
    { files: FILES.k6.netns, env: k6Environment },
  ];
}

function tool(script: string, ...args: string[]): Promise<number> {
  return runNode([script, ...args], { cwd: ROOT });
}
