import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { NAME } from '../../common/called.ts';
import { UsageError } from '../../common/errors.ts';
import { PACKAGED } from '../../common/own-files.ts';
import { thisHost } from '../../system/host.ts';
import type { Driver } from '../drivers/driver.ts';
import { pickDriver, splitArguments } from '../drivers/pick-driver.ts';
import { makeReady } from '../run/ready.ts';
import { OWN_RUNS } from '../run/run-folder.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { fromDotenv } from '../settings/dotenv.ts';
import { profileNames, readProfile } from '../settings/profiles.ts';
import type { Overrides } from '../settings/schema.ts';
import {
  fromEnvironment,
  fromFlags,
  type GivenSettings,
  type ResolvedSettings,
  resolveSettings,
} from '../settings/setting-sources.ts';
import { checkTogether } from '../settings/together.ts';
import { JSON_ONLY, RUNTIMES } from './option-words.ts';
import { folder } from './parse-values.ts';

/** Flags of every verb that makes load. */
export interface LoadFlags {
  set: string[];
  users?: string;
  ramp?: string;
  betting?: string;
  seed?: string;
  profile?: string;
  driver: string;
  runtime: string;
  runs: string;
  json?: boolean;
}

/** Flag of the verbs that say why users failed. */
export interface TraceFlags {
  trace: string;
}

/** Adds that flag to a verb. */
export function withTraceFlag(command: Command): Command {
  return command.option(
    '--trace <when>',
    "trace the kernel's reason for each reset: auto (where possible) or off",
    process.env.TRACE || 'auto',
  );
}

/** Is the kernel to be traced? Throws UsageError. */
export function traceOf({ trace }: TraceFlags): boolean {
  if (trace === 'auto' || trace === 'off') return trace === 'auto';
  throw new UsageError(`--trace ${trace}: allowed: auto, off`);
}

/** Flag of the verbs that print verdicts. */
export interface TellingFlags {
  verbose?: boolean;
}

/** Adds that flag to a verb. */
export function withVerboseFlag(command: Command): Command {
  return command.option('--verbose', 'print every verdict with all its evidence');
}

/** Adds those flags to a verb. */
export function withLoadFlags(command: Command, runtimes = RUNTIMES): Command {
  return command
    .addOption(
      new Option('--set <name=value>', `any setting (see \`${NAME} list\`); may be repeated`)
        .argParser((value: string, all: string[]) => [...all, value])
        .default([], 'none'),
    )
    .option('--users <number>', 'how many users are requested')
    .option('--ramp <time>', 'the time over which users arrive; 0: all at once')
    .option('--betting <mode>', 'when users bet: herd, paced or racing')
    .option('--seed <number>', 'seed of everything random')
    .option(
      '--profile <name>',
      `a named set of settings: ${profileNames().join(', ')}`,
      process.env.PROFILE || undefined,
    )
    .option(
      '--driver <name>',
      'the load generator: robots, or k6 (options of k6 after --)',
      process.env.DRIVER || 'robots',
    )
    .option('--runtime <name>', runtimes, process.env.RUNTIME || 'auto')
    .option('--runs <folder>', 'where run folders go', folder, OWN_RUNS)
    .option('--json', JSON_ONLY);
}

/** What the flags request, checked before anything is started. */
export interface Asked {
  settings: ResolvedSettings;
  runtime: Runtime;
  driver: Driver;
}

/** The settings from flags, the environment, .env and the profile, the strongest first. Throws UsageError. */
export function readSources(flags: LoadFlags): GivenSettings[] {
  const named: GivenSettings = {};
  for (const name of ['users', 'ramp', 'betting', 'seed'] as const) {
    const value = flags[name];
    if (value !== undefined) named[name] = { value, where: `--${name}` };
  }
  return [
    fromFlags(flags.set),
    named,
    fromEnvironment(process.env),
    // Where the package is called, .env is another program's.
    PACKAGED ? {} : fromDotenv(join(process.cwd(), '.env')),
    flags.profile === undefined ? {} : readProfile(flags.profile).settings,
  ];
}

/** Settings from these sources and then the scenario. Throws UsageError or CannotRunError, and the reason of an abort. */
export async function readAsked(
  flags: LoadFlags,
  signal: AbortSignal,
  scenario: Overrides,
  onDarwin?: Overrides,
): Promise<Asked> {
  const sources = readSources(flags);
  const asked = resolveSettings(sources, scenario);
  const driver = driverOf(flags);
  const runtime = await pickRuntime(flags.runtime);
  const mac = onDarwin !== undefined && runtime.name === 'native' && thisHost.platform === 'darwin';
  const settings = mac ? resolveSettings(sources, { ...scenario, ...onDarwin }) : asked;
  checkTogether(settings);
  await makeReady(settings, runtime, driver, signal);
  return { settings, runtime, driver };
}

/** The requested driver, with the arguments after `--`. Throws UsageError. */
export function driverOf({ driver }: Pick<LoadFlags, 'driver'>): Driver {
  return pickDriver(driver, splitArguments(process.argv).passed);
}
