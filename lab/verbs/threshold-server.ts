import { type Command, Option } from 'commander';
import { defined } from '../../common/defined.ts';
import { CannotRunError, foreseen, lineOf, UsageError } from '../../common/errors.ts';
import { count } from '../../common/format.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { thisHost } from '../../system/host.ts';
import { localPorts } from '../../system/local-ports.ts';
import { highestNofile } from '../../system/machine-limits.ts';
import type { TargetDocument } from '../beside/target-document.ts';
import { serverThresholdHtml } from '../report/pages.ts';
import {
  cameIn,
  serverThresholdAnswer,
  serverThresholdFacts,
  serverThresholdText,
} from '../report/server-threshold-text.ts';
import { mostRobots } from '../settings/capacity.ts';
import type { Load } from '../target/server-load.ts';
import type { ServerThresholdDocument } from '../threshold/strangers/server-threshold-document.ts';
import { measuredOfThresholds } from '../threshold/thresholds-measured.ts';
import type { Failure } from '../threshold/user-trial.ts';
import { type Answering, type ExpectFlags, finish } from './expect-options.ts';
import { checkNaming, meantServer, type NamingFlags } from './meant-server.ts';
import { time, whole } from './parse-values.ts';
import { type AskedTarget, readTarget, type TargetFlags, withTargetFlags } from './target-flags.ts';
import { codeUnlessInterrupted, interruptible } from './verb-ending.ts';

const SERVER_THRESHOLD: Answering<ServerThresholdDocument> = {
  verb: 'threshold',
  measure: measuredOfThresholds,
  answer: (document) => ({
    sentence: serverThresholdAnswer(document),
    evidence: serverThresholdFacts(document).map(([label, text]) => `${label}: ${text}`),
  }),
  markdown: async (document) => (await import('../report/markdowns.ts')).serverThresholdMarkdown(document),
};

/** Flags of a search for the threshold of a server that is not ours. */
export interface ServerFlags extends TargetFlags, NamingFlags, ExpectFlags {
  kind?: Load['kind'];
  path?: string;
  upTo?: number;
  iMay?: string;
  rate?: number;
  timeout?: string;
  hold?: string;
  ramp?: string;
  runs: string;
  json?: boolean;
}

/** Tried where nobody says how many. */
const UP_TO = 2000;

/** The flags that name a server. */
const NAMING = ['url', 'port', 'pid', 'container'] as const;
/** Those that are of such a search alone. */
const OWN = [...NAMING, 'address', 'kind', 'path', 'upTo', 'timeout', 'hold', 'iMay', 'rate'] as const;
/** Those that are of our own gateway alone, by the name that commander gives them. */
const OF_GATEWAY = ['set', 'users', 'betting', 'seed', 'profile', 'driver', 'runtime'];

/** Adds the flags of such a search to the verb. */
export function withServerFlags(command: Command): Command {
  return withTargetFlags(
    command
      .option('--port <number>', 'search your server on this port instead', whole(1, 65_535))
      .option('--pid <number>', 'the same, of this process', whole(1, 4_194_304))
      .option('--address <address>', 'of several servers on one port, the one at this address')
      .option('--container <name>', 'the same, in this container')
      .addOption(
        new Option('--kind <kind>', 'what users of your server speak (default: "tcp")').choices(
          SETTINGS.kind.values,
        ),
      )
      .option('--path <path>', 'path that they request with http and ws (default: "/")')
      .option(
        '--up-to <users>',
        `most users of your server that are tried (default: ${UP_TO})`,
        whole(1, 1_000_000),
      )
      .option('--i-may <host>', 'bring load to the host of --url although it is not of this machine')
      .option('--rate <number>', 'most connects a second (default: 200 to another host)', whole(1, 100_000))
      .option(
        '--timeout <time>',
        'a user of your server that is not open after this time has failed (default: "12s")',
      )
      .option('--hold <time>', 'how long they stay after the last one is open or has failed (default: "1s")'),
  );
}

/**
 * Is a server meant that is not ours?
 * @throws {UsageError} in one line, where `--vary` and such a server are given, or neither, or flags of the other kind
 */
export function meansServer(flags: ServerFlags & { vary?: string }, command: Command): boolean {
  const own = OWN.filter((name) => flags[name] !== undefined);
  const given = own.find((name) => (NAMING as readonly string[]).includes(name));
  if (given === undefined && flags.vary === undefined)
    throw new UsageError(
      'threshold: of what? allowed: --vary name=values of the gateway of the lab, or --url, --port, --pid or --container of a server of yours',
    );
  if (flags.vary !== undefined && own[0] !== undefined)
    throw new UsageError(
      `--vary and ${flagOf(own[0])}: --vary is of the gateway of the lab, ${flagOf(own[0])} of a server of yours; allowed: one of them`,
    );
  if (flags.vary !== undefined) return false;
  const other = OF_GATEWAY.find((name) => command.getOptionValueSource(name) === 'cli');
  if (other !== undefined)
    throw new UsageError(
      `--${other}: it is of the gateway of the lab, not of a server of yours; allowed: ${other === 'users' ? '--up-to' : '--vary with it'}`,
    );
  return true;
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `threshold --url`, `--port`, …: the largest number of users that a server which is not ours serves without failure. */
export async function thresholdOfServer(
  flags: ServerFlags,
  failure: Failure,
  command: Command,
): Promise<number> {
  const target = readTarget(flags);
  const load = loadOf(flags, target);
  checkNaming('threshold', flags);
  const signal = interruptible();
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const { told, ...server } = await meantServer(flags, target, { iMay: flags.iMay, rate: flags.rate });
  if (told !== undefined) say(told);
  if (thisHost.platform !== 'linux' && server.elsewhere === undefined)
    throw new CannotRunError(
      'threshold: a server that is not ours is watched by /proc, which only Linux has; run it on the server, or in a Linux VM',
    );
  // Docker's client library takes long to load, and every verb is loaded for help.
  const { searchServer } = await import('../threshold/strangers/server-threshold.ts');
  const document = await searchServer({
    ...server,
    load: withinReach(load, say),
    failure,
    runs: flags.runs,
    // A folder that the user named is wanted. The project's own may belong to another user.
    onNoFolder(error) {
      if (command.getOptionValueSource('runs') === 'cli' || foreseen(error) === undefined) throw error;
      say(`no folder is kept: ${process.env.RESETLAB_NO_RUNS || lineOf(error)}`);
    },
    signal,
    onFound: (found, atRest) => say(foundText(found, atRest, server.ratePerSecond)),
    onTrial: ({ users, failed, rampMs, pace }) =>
      say(`  ${count(users, 'user')} ${cameIn({ rampMs, pace })}: ${failed} failed`),
    page: serverThresholdHtml,
  });
  return finish(SERVER_THRESHOLD, {
    document,
    flags,
    text: serverThresholdText,
    code: showed(document),
    ends: codeUnlessInterrupted,
  });
}

/** 1: the search was not over, or nobody knows what the limit is, although the server was watched. */
function showed({ complete, points, watched }: ServerThresholdDocument): number {
  if (!watched) return complete ? 0 : 1;
  return complete && points.every(({ limitedBy }) => limitedBy !== 'unknown') ? 0 : 1;
}

function loadOf(
  { upTo = UP_TO, ramp = '0', timeout = '12s', hold = '1s' }: ServerFlags,
  { kind, path, options }: AskedTarget,
): Load {
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw new UsageError(`--path ${path}: allowed: a path in ASCII without spaces, beginning with /`);
  return {
    users: upTo,
    kind,
    path,
    ramp: `${time('--ramp', ramp, 0)}ms`,
    timeoutMs: time('--timeout', timeout),
    holdMs: time('--hold', hold, 0),
    ...defined({ options }),
  };
}

/** No more users than robots have ports and descriptors for. */
function withinReach(load: Load, say: (text: string) => void): Load {
  const { first, last } = localPorts();
  const [ports, descriptors] = [last - first + 1, mostRobots(highestNofile())];
  const most = Math.min(ports, descriptors);
  if (load.users <= most) return load;
  const why =
    ports <= descriptors
      ? `local ports (${first}-${last})`
      : 'descriptors (hard nofile) in all its processes';
  say(`--up-to ${load.users}: the robots have ${why} for ${most} users; no more are tried`);
  return { ...load, users: most };
}

/** What the search begins with, in one line. */
function foundText({ how, name, port }: TargetDocument, atRest: number, ratePerSecond?: number): string {
  if (how === 'url')
    return `another machine's server on port ${port}: only its users are seen, at most ${ratePerSecond} a second`;
  const others =
    atRest > 0 ? `; ${count(atRest, 'connection')} of others stay, and count as open at start` : '';
  return `watching ${name ?? 'what cannot be seen'} on port ${port}${others}`;
}
