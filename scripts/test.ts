/** `npm test [-- --only STEP] [--grep TEXT] [--whole]`: everything that has to hold, in one run. See HELP. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { tell } from '../common/tell.ts';
import { keepCompiled } from '../system/compile-cache.ts';
import { POLICY, removeLeft } from '../system/no-services.ts';
import { stopDaemon } from './engine/daemon.ts';
import type { Engine } from './engine/ensure.ts';
import { beside } from './test/beside.ts';
import { catchSignals, wasInterrupted } from './test/child.ts';
import { ending } from './test/ending.ts';
import {
  beginBrowser,
  beginK6,
  dockerPolicy,
  type Policy,
  policyOf,
  prepareEngine,
} from './test/environments.ts';
import { serversEnvironment } from './test/servers.ts';
import { needsEngine, runDockerStep, runStep, runsBeside, STEPS, type Step } from './test/steps.ts';
import { failure, sum, type Tally, tally } from './test/tally.ts';

const HELP = `usage: npm test [-- --only STEP] [--grep TEXT] [--whole]
  --only STEP   ${STEPS.join(', ')}; may be given again
  --grep TEXT   only tests whose title matches
  --whole       the long suites whole, of which else a part is drawn by RESETLAB_SEED, and the situations that are faults

environment
  RESETLAB_DOCKER=required|auto|off   without an engine fail, skip, or do not look for one (CI: required; else auto)
  RESETLAB_BROWSER=required|auto|off  the same for the browser that looks at the reports (else auto)
  RESETLAB_K6=required|auto|off       the same for k6, which is built where there is none (else auto)
  RESETLAB_KEEP_ENGINE=1              do not stop an engine that was started for the tests
  RESETLAB_SEED=NUMBER                what is drawn, and the order of the settings in the threshold suites (else random, and printed)`;

process.on('uncaughtException', (error) => process.exit(tell(error, 'npm test')));
const { asked, steps, grep } = readArguments();
const started = performance.now();
const tallies: Tally[] = [];
let engine: Engine | undefined;

clearLeft();
// For the specs, and for what they start.
keepCompiled();
// One for all, so that a file that is run again has the same tests.
process.env.RESETLAB_SEED ||= String(randomInt(1, 1_000_000));
const leaving = new AbortController();
catchSignals(() => leaving.abort());
if (steps.includes('k6') && policyOf('RESETLAB_K6', process.env) !== 'off') void beginK6(leaving.signal);
// Whatever goes wrong is told by the step that needs it.
beside(installAhead()).catch(() => {});
for (const step of steps) {
  if (wasInterrupted()) break;
  if (runsBeside(step, steps)) continue;
  if (needsEngine(step)) {
    engine ??= await timed('engine', () => prepareEngine(asked));
    if (!engine.available && asked === 'required') {
      console.log(`  engine: ${engine.reason}`);
      tallies.push(failure('engine', engine.reason));
      break;
    }
    const there = engine;
    tallies.push(await timed(step, () => runDockerStep(step, there, steps, grep)));
  } else {
    tallies.push(await timed(step, () => runStep(step, steps, grep)));
  }
}
if (engine?.available && engine.startedByUs && process.env.RESETLAB_KEEP_ENGINE !== '1')
  tallies.push(await stop());
report();

/** What a run that was killed has left in the system's own folders. */
function clearLeft(): void {
  try {
    if (removeLeft()) console.error(`npm test: removed ${POLICY}, which a killed run had left`);
  } catch (error) {
    console.error(`npm test: ${(error as Error).message}: a killed run left it; remove it as root`);
  }
}

/** Packages of later steps, one step's after another's: apt's locks are for one user at a time. */
async function installAhead(): Promise<void> {
  if (steps.includes('report') && policyOf('RESETLAB_BROWSER', process.env) !== 'off') await beginBrowser();
  const servers = steps.some((step) => step === 'diagnose' || step === 'situations');
  if (servers && !wasInterrupted()) await serversEnvironment();
}

function readArguments(): {
  asked: Policy;
  steps: Step[];
  grep: string | undefined;
} {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        grep: { type: 'string' },
        whole: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    if (values.whole) process.env.RESETLAB_WHOLE = '1';
    const wanted = (values.only ?? []).flatMap((names) => names.split(','));
    const unknown = wanted.find((name) => !STEPS.some((step) => step === name));
    if (unknown !== undefined) throw new RangeError(`--only ${unknown} is not a step: ${STEPS.join(', ')}`);
    const chosen = STEPS.filter((step) => wanted.length === 0 || wanted.includes(step));
    for (const variable of ['RESETLAB_BROWSER', 'RESETLAB_K6']) policyOf(variable, process.env);
    const seed = process.env.RESETLAB_SEED;
    if (seed && !/^\d{1,15}$/.test(seed))
      throw new RangeError(`RESETLAB_SEED=${seed} is no seed: a whole number of at most 15 digits`);
    return { asked: dockerPolicy(process.env), steps: chosen, grep: values.grep };
  } catch (error) {
    console.error(`npm test: ${(error as Error).message.split('\n')[0]}`);
    process.exit(2);
  }
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(`\n── ${name}`);
  const from = performance.now();
  const result = await work();
  console.log(`── ${name}: ${seconds(from)}`);
  return result;
}

/** An engine that does not stop is left behind, and so a failure. */
async function stop(): Promise<Tally> {
  try {
    await stopDaemon();
    return tally();
  } catch (error) {
    const why = (error as Error).message;
    console.error(`npm test: ${why}`);
    return failure('engine', why);
  }
}

function report(): void {
  const interrupted = wasInterrupted();
  const { reasons, last, code } = ending(
    sum(interrupted ? [...tallies, failure('npm test', `interrupted by ${interrupted}`)] : tallies),
  );
  console.log('');
  for (const line of [...reasons, `all steps: ${seconds(started)}`, ...last]) console.log(line);
  process.exitCode = interrupted ? 130 : code;
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
