import { type Command, Option } from 'commander';
import { UsageError } from '../../common/errors.ts';
import { count } from '../../common/format.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { type ClimbOptions, checkClimb, climb, firstWall } from '../climb/climb.ts';
import type { ClimbDocument, ClimbStep } from '../climb/climb-document.ts';
import { CLIMB_NAMES, measuredOfClimb } from '../climb/climb-measured.ts';
import { climbAnswer, climbText } from '../report/climb-text.ts';
import { climbHtml } from '../report/pages.ts';
import { Progress } from '../report/progress.ts';
import type { ToldAnswer } from '../report/text/told-answer.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import { type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import { type Answering, answering, type ExpectFlags, finish, withExpectFlags } from './expect-options.ts';
import { whole } from './parse-values.ts';
import { driverOf, type LoadFlags, readSources, withLoadFlags } from './shared-options.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

const CLIMB: Answering<ClimbDocument> = {
  verb: 'climb',
  names: CLIMB_NAMES,
  measure: (document) => [measuredOfClimb(document)],
  answer: answerOfClimb,
  markdown: async (document) => (await import('../report/markdowns.ts')).climbMarkdown(document),
};

interface ClimbFlags extends LoadFlags, ExpectFlags {
  to: number;
}

const MOST_USERS = SETTINGS.users.max;

/** `climb`: raises the load until something breaks, names it, moves it and goes on, wall by wall, to so many users. */
export function climbVerb(program: Command): void {
  const command = program
    .command('climb')
    .description('raise the load wall by wall: name what breaks, apply its fix, go on, to so many users')
    .addOption(
      new Option('--to <users>', 'how many users to climb to, e.g. 100000')
        .argParser(whole(1, MOST_USERS))
        .makeOptionMandatory(),
    );
  withExpectFlags(withLoadFlags(command), CLIMB).action(ends(answering(CLIMB, climbTo)));
}

async function climbTo(flags: ClimbFlags): Promise<number> {
  const { to } = flags;
  const driver = driverOf(flags);
  if (driver.name !== 'robots')
    throw new UsageError(
      `--driver ${driver.name}: it comes from one address and does not tell what it takes; allowed: robots`,
    );
  const settings = resolveSettings(readSources(flags));
  refuseUsers(settings);
  const signal = interruptible();
  const runtime = await pickRuntime(flags.runtime);
  const progress = new Progress();
  const options: ClimbOptions = {
    to,
    settings,
    runtime,
    driver,
    runs: flags.runs,
    signal,
    page: climbHtml,
    onLoad: (used) => progress.step(loadText(used)),
    onProgress: (line) => progress.show(line),
    onStep: (step) => progress.step(stepText(step)),
  };
  refuseBelow(options);
  await checkClimb(options);
  const document = await climb(options);
  progress.end();
  return finish(CLIMB, {
    document,
    flags,
    text: climbText,
    code: document.complete && document.reached === to ? 0 : 1,
    ends: codeUnlessInterrupted,
  });
}

/** Those of the environment are for whoever runs one load. */
function refuseUsers({ values, where }: ResolvedSettings): void {
  if (where.users === '--users' || where.users === '--set')
    throw new UsageError(`${where.users}: users=${values.users}: a climb finds its own loads; allowed: --to`);
}

/** Below the first wall there is nothing to climb. */
function refuseBelow({ to, settings, runtime }: ClimbOptions): void {
  const first = firstWall(settings, runtime);
  if (first === undefined || to > first.users) return;
  throw new UsageError(
    `--to ${to}: the first wall is expected at ${first.users} users, or a little below (${first.law}); allowed: ${first.users + 1} to ${MOST_USERS}`,
  );
}

function loadText({ values }: ResolvedSettings): string {
  const { users, nofile, gateways, ramp } = values;
  const pace = ramp === '0' ? 'all at once' : `over ${ramp}`;
  return `climb: ${count(users, 'user')}, ${count(gateways, 'gateway')} with nofile ${nofile}, ${pace}`;
}

function stepText({ wall, measured, predicted, fix }: ClimbStep): string {
  return `  ${wall}: ${measured} let in, ${predicted ?? 'nothing'} predicted; ${fix ?? 'nothing moves it here'}`;
}

/** How far it came, and the walls. */
function answerOfClimb(document: ClimbDocument): ToldAnswer {
  return {
    sentence: climbAnswer(document),
    evidence: document.steps.map((step) => `${step.users} users: ${stepText(step).trim()}`),
  };
}
