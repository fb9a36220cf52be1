import { type Command, Option } from 'commander';
import { defined } from '../../common/defined.ts';
import { CannotRunError, foreseen, lineOf, UsageError } from '../../common/errors.ts';
import { count, fromHere } from '../../common/format.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { thisHost } from '../../system/host.ts';
import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import { DIAGNOSIS_NAMES, measuredOfDiagnosis } from '../diagnose/diagnosis-measured.ts';
import { diagnosisReport } from '../report/diagnosis-report.ts';
import { diagnosisHtml } from '../report/pages.ts';
import { Progress } from '../report/progress.ts';
import { findingsOfDiagnosis } from '../report/text/diagnosis-findings.ts';
import { answerOfFindings } from '../report/text/told-answer.ts';
import { OWN_RUNS, pageIn } from '../run/run-folder.ts';
import type { Load } from '../target/server-load.ts';
import { type Answering, answering, type ExpectFlags, finish, withExpectFlags } from './expect-options.ts';
import { checkNaming, meantServer } from './meant-server.ts';
import { JSON_ONLY } from './option-words.ts';
import { folder, time, whole } from './parse-values.ts';
import { type TellingFlags, withVerboseFlag } from './shared-options.ts';
import { type AskedTarget, readTarget, type TargetFlags, withTargetFlags } from './target-flags.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

const DIAGNOSE: Answering<DiagnosisDocument> = {
  verb: 'diagnose',
  names: DIAGNOSIS_NAMES,
  measure: (document) => [measuredOfDiagnosis(document)],
  answer: (document) => answerOfFindings(findingsOfDiagnosis(document)),
  markdown: async (document) => (await import('../report/markdowns.ts')).diagnosisMarkdown(document),
};

interface DiagnoseFlags extends TellingFlags, TargetFlags, ExpectFlags {
  pid?: number;
  port?: number;
  address?: string;
  container?: string;
  for?: string;
  load?: number;
  kind?: Load['kind'];
  path?: string;
  ramp: string;
  timeout: string;
  hold: string;
  runs?: string;
  json?: boolean;
}

/** `diagnose`: watches a server that is not ours from outside, and names what limits it. */
export function diagnoseVerb(program: Command): void {
  const command = program
    .command('diagnose')
    .description('watch your own server while load runs, and name what limits it')
    .option('--pid <number>', 'the server is this process, or a process that it started', whole(1, 4_194_304))
    .option('--port <number>', 'the server is the one that listens on this port', whole(1, 65_535))
    .option('--address <address>', 'of several servers on one port, the one at this address')
    .option('--container <name>', 'the server is in this container')
    .option('--for <time>', 'how long to watch, e.g. 30s (default: until Ctrl-C)')
    .option('--load <users>', 'send this many robots, and end with them', whole(1, 1_000_000))
    .addOption(
      new Option('--kind <kind>', 'protocol of the robots (default: "tcp")').choices(SETTINGS.kind.values),
    )
    .option('--path <path>', 'path that robots request with http and ws (default: "/")')
    .option('--ramp <time>', 'the time over which robots arrive; 0: all at once', '0')
    .option('--timeout <time>', 'a robot that is not open after this time has failed', '12s')
    .option('--hold <time>', 'how long robots stay after the last one is open or has failed', '1s')
    .option(
      '--runs <folder>',
      `where the folder of the diagnosis goes (default: ${JSON.stringify(OWN_RUNS)})`,
      folder,
    )
    .option('--json', JSON_ONLY)
    // Of other verbs: here it is refused in their words.
    .addOption(new Option('--i-may <host>').hideHelp());
  withExpectFlags(withVerboseFlag(withTargetFlags(command)), DIAGNOSE).action(ends(answering(DIAGNOSE, run)));
}

async function run(flags: DiagnoseFlags): Promise<number> {
  const { pid, port, container, url } = flags;
  if (thisHost.platform !== 'linux')
    throw new CannotRunError(
      'diagnose: it needs /proc, which only Linux has; run it on the server, or in a Linux VM',
    );
  if (pid === undefined && port === undefined && container === undefined && url === undefined)
    throw new UsageError('diagnose: which server? allowed: --url, --pid, --port or --container');
  checkNaming('diagnose', flags);
  if (flags.for !== undefined && flags.load !== undefined)
    throw new UsageError(
      'diagnose: --for and --load together: with --load the watch ends with the robots; allowed: one of them',
    );
  const target = readTarget(flags);
  const load = loadOf(flags, target);
  const forMs = flags.for === undefined ? undefined : time('--for', flags.for);
  const signal = interruptible();
  const progress = new Progress();
  const meant = await meantServer(flags, target);
  // Docker's client library takes long to load, and every verb is loaded for help.
  const { diagnose } = await import('../diagnose/diagnose.ts');
  const document = await diagnose({
    wanted: meant.wanted,
    ...defined({ named: meant.named, forMs, load }),
    signal,
    onWatching: ({ server }) => {
      const names = [...new Set(server?.holders.map(({ name }) => name))].join(', ') || 'what cannot be seen';
      const until = load
        ? `while ${count(load.users, 'robot')} come`
        : flags.for
          ? `for ${flags.for}`
          : 'until Ctrl-C: run your load now';
      if (meant.told !== undefined) progress.step(meant.told);
      progress.step(`watching ${names} on port ${server?.port} ${until}`);
    },
    onProgress: (line) => progress.show(line),
    runs: flags.runs ?? OWN_RUNS,
    // A folder that the user named is wanted. The project's own may belong to another user.
    onNoFolder(error) {
      if (flags.runs !== undefined || foreseen(error) === undefined) throw error;
      // What the image's entry knows better (docker/command.sh).
      process.stderr.write(`no folder is kept: ${process.env.RESETLAB_NO_RUNS || lineOf(error)}\n`);
    },
    page: diagnosisHtml,
  });
  progress.end();
  const { verbose = false } = flags;
  const code = await finish(DIAGNOSE, {
    document,
    flags,
    text: (told) => diagnosisReport(told, { verbose }),
    code: showed(document),
    // The watch of the user's own load ends by Ctrl-C: that is no interruption.
    ...(load && { ends: codeUnlessInterrupted }),
  });
  const page = pageIn(document.path);
  if (page !== undefined) {
    const where = `report: ${fromHere(page)}\n`;
    if (flags.json) process.stderr.write(where);
    else process.stdout.write(where);
  }
  return code;
}

/** 0: a diagnosis was made, also that nothing is wrong; 1: some failures have no cause, or the server was not watched to the end. */
function showed({ verdicts, complete }: Pick<DiagnosisDocument, 'verdicts' | 'complete'>): number {
  return complete && verdicts.every(({ cause }) => cause !== 'unknown') ? 0 : 1;
}

function loadOf(
  { load: users, ramp, timeout, hold }: DiagnoseFlags,
  { kind, path, options }: AskedTarget,
): Load | undefined {
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw new UsageError(`--path ${path}: allowed: a path in ASCII without spaces, beginning with /`);
  time('--ramp', ramp, 0);
  const [timeoutMs, holdMs] = [time('--timeout', timeout), time('--hold', hold, 0)];
  // Without robots these flags have no effect, but a wrong value is an error all the same.
  if (users === undefined) return undefined;
  return { users, kind, path, ramp, timeoutMs, holdMs, ...defined({ options }) };
}
