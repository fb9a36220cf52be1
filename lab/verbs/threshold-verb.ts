import { type Command, Option } from 'commander';
import { UsageError } from '../../common/errors.ts';
import { count, duration } from '../../common/format.ts';
import { thresholdsHtml } from '../report/pages.ts';
import { answerOfThreshold, thresholdTable } from '../report/threshold-table.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import { TimeLeft } from '../threshold/eta.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../threshold/threshold-document.ts';
import { measureThresholds } from '../threshold/thresholds.ts';
import { measuredOfThresholds, THRESHOLD_NAMES } from '../threshold/thresholds-measured.ts';
import { FAILURES, type Failure } from '../threshold/user-trial.ts';
import { readVary, valuesOf } from '../threshold/varied-values.ts';
import { type Answering, answering, finish, withExpectFlags } from './expect-options.ts';
import { driverOf, type LoadFlags, readSources, withLoadFlags } from './shared-options.ts';
import { meansServer, type ServerFlags, thresholdOfServer, withServerFlags } from './threshold-server.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

const THRESHOLD: Answering<ThresholdsDocument> = {
  verb: 'threshold',
  names: THRESHOLD_NAMES,
  measure: measuredOfThresholds,
  answer: answerOfThreshold,
  markdown: async (document) => (await import('../report/markdowns.ts')).thresholdMarkdown(document),
};

interface ThresholdFlags extends LoadFlags, Omit<ServerFlags, keyof LoadFlags> {
  vary?: string;
  failure: string;
}

/** `threshold`: the largest number of users with no failure, of our gateway at each value of a setting, or of another server, beside what a law predicts. */
export function thresholdVerb(program: Command): void {
  const command = program
    .command('threshold')
    .description(
      'measure the largest number of users with no failure: at each value of a setting, or of your own server',
    )
    .addOption(
      new Option(
        '--vary <name=values>',
        'a setting and its values, e.g. nofile=64..8192*2 or somaxconn=8,16,128',
      ).argParser(once('--vary')),
    )
    .addOption(
      new Option(
        '--failure <kind>',
        'what counts as a failure: failed, or waited (users that had to repeat their SYN as well)',
      ).default('failed'),
    );
  withExpectFlags(withServerFlags(withLoadFlags(command)), THRESHOLD).action(
    ends(answering(THRESHOLD, threshold)),
  );
}

/** Given twice, the last value would win silently, and the first would not be measured. */
function once(flag: string): (value: string, before: string | undefined) => string {
  return (value, before) => {
    if (before === undefined) return value;
    throw new UsageError(
      `${flag}: given twice (${before} and ${value}); allowed: once; \`sweep\` varies several settings`,
    );
  };
}

async function threshold(flags: ThresholdFlags, command: Command): Promise<number> {
  const ofServer = meansServer(flags, command);
  const failure = FAILURES.find((kind) => kind === flags.failure);
  if (failure === undefined)
    throw new UsageError(`--failure ${flags.failure}: allowed: ${FAILURES.join(', ')}`);
  return ofServer ? thresholdOfServer(flags, failure, command) : thresholdsOfGateway(flags, failure);
}

async function thresholdsOfGateway(flags: ThresholdFlags, failure: Failure): Promise<number> {
  const asked = readVary(flags.vary ?? '');
  const sources = readSources(flags);
  const driver = driverOf(flags);
  if (failure === 'waited' && !driver.seesHandshake)
    throw new UsageError(
      `--failure waited: the driver ${driver.name} does not report which users had to repeat their SYN; allowed: failed`,
    );
  const signal = interruptible();
  const runtime = await pickRuntime(flags.runtime);
  driver.refuse?.(runtime.name);
  const values = await valuesOf(asked, sources, runtime, signal);
  for (const { settings } of values) driver.check(settings, runtime.name !== 'native');
  await driver.ready(runtime, signal);
  signal.throwIfAborted();

  const left = new TimeLeft(values.map(({ expected }) => expected));
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const document = await measureThresholds({
    ...asked,
    values,
    runtime,
    driver,
    failure,
    runs: flags.runs,
    signal,
    onTrial: (index, { users, failed }, pace) =>
      say(
        `  ${asked.vary}=${values[index]?.text}: ${count(users, 'user')} ${pace === 'slow' ? 'slowly' : 'at once'}: ${failed} failed`,
      ),
    page: thresholdsHtml,
    onPoint(index, point) {
      left.next();
      say(pointText(asked.vary, index, values.length, point, left.left()));
    },
  });
  return finish(THRESHOLD, {
    document,
    flags,
    text: thresholdTable,
    code: showed(document, failure),
    ends: codeUnlessInterrupted,
  });
}

function pointText(
  vary: string,
  index: number,
  total: number,
  { value, measured, predicted }: ThresholdPoint,
  leftMs: number | undefined,
): string {
  const time = leftMs === undefined || index + 1 === total ? '' : `, about ${duration(leftMs)} left`;
  return `${vary}=${value}: ${measured} measured, ${predicted ?? 'nothing'} predicted (${index + 1} of ${total}${time})`;
}

/** 1 when a law of capacity is off, since it is exact. The error of a rate is printed, not judged. */
function showed({ points, complete }: ThresholdsDocument, failure: Failure): number {
  const off = points.some(({ limit, error }) => limit === 'capacity' && failure === 'failed' && error);
  return complete && !off ? 0 : 1;
}
