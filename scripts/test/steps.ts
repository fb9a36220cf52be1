import type { Engine } from '../engine/ensure.ts';
import { runNode } from './child.ts';
import { browserEnvironment, dockerEnvironment, k6Environment } from './environments.ts';
import { ROOT, runMocha, runSideBySide } from './mocha.ts';
import { serversEnvironment } from './servers.ts';
import { failure, type Tally, tally } from './tally.ts';

/** The steps of `npm test`, in this order, with the names that --only takes. */
export const STEPS = [
  'types',
  'lint',
  'unit',
  'report',
  'netns',
  'native',
  'diagnose',
  'exam',
  'docker',
  'k6',
  'compose',
] as const;
export type Step = (typeof STEPS)[number];

const FILES = {
  unit: [
    ['gateway', 'robots', 'lab/run', 'lab/report'],
    ['lab/threshold', 'lab/compare', 'lab/bench', 'lab/evidence'],
    ['lab/sweep', 'lab/darwin', 'lab/troubleshoot', 'scripts'],
  ].map((rooms) => rooms.map((room) => `test/${room}/**/*.spec.ts`)),
  report: ['test/lab/report/page.spec.ts'],
  netns: ['test/thresholds/netns.spec.ts', 'test/thresholds/model/model.spec.ts'],
  native: ['test/thresholds/native.spec.ts'],
  diagnose: {
    some: ['go', 'python', 'refusals', 'elsewhere'].map((name) => `test/diagnose/${name}.spec.ts`),
    others: ['test/diagnose/*.spec.ts'],
    healthy: ['[a-h]', '[i-z]'].map((first) => [`test/diagnose/healthy/${first}*.spec.ts`]),
  },
  exam: ['test/exam/netns.spec.ts'],
  docker: {
    thresholds: ['test/thresholds/docker.spec.ts'],
    others: [
      'test/lab/runtimes/docker.spec.ts',
      'test/lab/runtimes/clean-docker.spec.ts',
      'test/lab/runtimes/docker/base-image.spec.ts',
      'test/lab/runtimes/docker/ledger.spec.ts',
      'test/library/docker/*.spec.ts',
      'test/exam/docker.spec.ts',
      'test/diagnose/docker.spec.ts',
      'test/diagnose/docker/*.spec.ts',
    ],
  },
  k6: {
    netns: ['test/thresholds/k6-netns.spec.ts', 'test/lab/bench/k6.spec.ts'],
    docker: ['test/thresholds/k6-docker.spec.ts'],
  },
  compose: ['test/compose.spec.ts'],
};

/** The steps that need a Docker engine, for all of their tests or for some. */
type EngineStep = 'docker' | 'k6' | 'compose';

/** True for the steps that need a Docker engine. */
export function needsEngine(step: Step): step is EngineStep {
  return step === 'docker' || step === 'k6' || step === 'compose';
}

/** Steps that run beside another: both need nothing but this machine, and mostly wait. */
const BESIDE: Partial<Record<Step, Step>> = { native: 'netns', exam: 'diagnose' };

/** True for a step that another of those asked for runs beside itself. */
export function runsBeside(step: Step, asked: readonly Step[]): boolean {
  const other = BESIDE[step];
  return other !== undefined && asked.includes(other);
}

/** The specs of no other step, in groups that know nothing of each other's processes, namespaces and labels. */
function unit(grep?: string): Promise<Tally> {
  const except = [
    'test/thresholds/**',
    'test/exam/**',
    'test/diagnose/**',
    ...Object.values(FILES.docker).flat(),
    ...FILES.compose,
    ...FILES.report,
    ...FILES.k6.netns,
  ];
  return runSideBySide(
    { files: ['test/**/*.spec.ts'], except: [...except, ...FILES.unit.flat()], grep },
    ...FILES.unit.map((files) => ({ files, except, grep })),
  );
}

/** The steps that need no engine, with what runs beside some of them. */
const RUNS: Record<
  Exclude<Step, EngineStep>,
  (grep: string | undefined, asked: readonly Step[]) => Promise<Tally>
> = {
  types,
  lint,
  unit,
  report,
  netns: (grep, asked) =>
    asked.includes('native')
      ? runSideBySide({ files: FILES.netns, grep }, { files: FILES.native, grep })
      : runMocha({ files: FILES.netns, grep }),
  native: (grep) => runMocha({ files: FILES.native, grep }),
  diagnose: (grep, asked) => strangers(asked.includes('exam'), grep),
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
  const code = await tool('node_modules/@biomejs/biome/bin/biome', 'check');
  return code === 0 ? tally({ passed: 1 }) : failure('lint', `biome check ended with code ${code}`);
}

/** The project, and what runs in a browser and in k6, where other types hold. */
async function types(): Promise<Tally> {
  const tsc = 'node_modules/typescript/bin/tsc';
  for (const project of ['.', 'lab/report/client', 'robots/k6'])
    if ((await tool(tsc, '-p', project)) !== 0) return failure('types', `tsc -p ${project} found errors`);
  return tally({ passed: 1 });
}

/** Other people's servers, each in a namespace of its own. */
async function strangers(withExam: boolean, grep?: string): Promise<Tally> {
  const env = await serversEnvironment();
  const { some, others, healthy } = FILES.diagnose;
  const except = [...some, ...FILES.docker.others];
  return runSideBySide(
    { files: some, grep, env },
    { files: others, except, grep, env },
    ...healthy.map((files) => ({ files, grep, env })),
    ...(withExam ? [{ files: FILES.exam, grep }] : []),
  );
}

/** The pages in a browser; without one they are skipped, or fail where it is required. */
async function report(grep?: string): Promise<Tally> {
  try {
    return await runMocha({ files: FILES.report, grep, env: await browserEnvironment() });
  } catch (error) {
    const why = (error as Error).message;
    console.log(`  browser: ${why}`);
    return failure('browser', why);
  }
}

/** Runs a step that needs an engine; without one its specs are skipped. */
export async function runDockerStep(step: EngineStep, engine: Engine, grep?: string): Promise<Tally> {
  const env = await dockerEnvironment(engine);
  if (step === 'k6') return crossCheck(env, grep);
  if (step === 'compose') return runMocha({ files: FILES.compose, grep, env });
  const { thresholds, others } = FILES.docker;
  const servers = engine.available ? await serversEnvironment() : {};
  return runSideBySide(
    { files: thresholds, grep, env },
    { files: others, grep, env: { ...env, ...servers } },
  );
}

/** Robots against k6: in namespaces whether there is an engine or not. */
async function crossCheck(engine: NodeJS.ProcessEnv, grep?: string): Promise<Tally> {
  const env = await k6Environment();
  const { netns, docker } = FILES.k6;
  return runSideBySide({ files: netns, grep, env }, { files: docker, grep, env: { ...engine, ...env } });
}

function tool(script: string, ...args: string[]): Promise<number> {
  return runNode([script, ...args], { cwd: ROOT });
}
