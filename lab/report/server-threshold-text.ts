import { join } from 'node:path';
import { count, duration, fromHere } from '../../common/format.ts';
import { nextLines } from '../../common/next.ts';
import { columns } from '../../common/table.ts';
import { waysOf } from '../facts/user-groups.ts';
import { nextAfterServerThreshold } from '../threshold/strangers/after-server-threshold.ts';
import type {
  ServerThresholdDocument,
  ServerTrialDocument,
} from '../threshold/strangers/server-threshold-document.ts';
import { strangerWords } from './stranger-words.ts';
import { labelled } from './text/labelled.ts';

/** Numbers to the right. */
export const TRIAL_SIDES = ['right', 'left', 'right', 'right', 'left'] as const;

/** The threshold of a server that is not ours, for a terminal: the answer, what is known of it, and every load. */
export function serverThresholdText(document: ServerThresholdDocument): string {
  const { path } = document;
  return [
    '',
    ...labelled('ANSWER', 'bold', serverThresholdAnswer(document)),
    '',
    ...serverThresholdFacts(document).flatMap(([label, text]) => labelled(label, [], text)),
    '',
    ...columns(trialRows(document), TRIAL_SIDES).map((line) => `  ${line}`),
    '',
    ...nextLines(nextAfterServerThreshold(document)),
    ...(path ? [`report: ${fromHere(join(path, 'report.html'))}`] : []),
    '',
  ].join('\n');
}

/** How many users, which limit it is, and what the law says. */
export function serverThresholdAnswer({ points, load, ended }: ServerThresholdDocument): string {
  const [point] = points;
  if (point === undefined || point.measured === null)
    return `no number of users was seen to be served without failure${ended ? `: ${ended}` : ''}`;
  const { measured, limit, limitedBy, predicted, law, settings, failsAt, atLeast } = point;
  const users = count(measured, 'user');
  if (limit === null) {
    const known = failsAt === null ? '' : `, and fewer than ${failsAt}`;
    return `at least ${users} without failure${known}; the search is not over: ${ended}`;
  }
  if (atLeast) return `at least ${users} without failure: nobody failed up to ${load.users}`;
  const by =
    limitedBy === 'fd-exhaustion' && settings.nofile !== undefined ? ` (nofile ${settings.nofile})` : '';
  const rate = limit === 'rate' ? 'a rate, since as many or more who come slowly do not fail; ' : '';
  const told = predicted === null ? 'no law predicts it' : `predicted ${predicted} by ${law}`;
  const at = limit === 'rate' ? ' at once' : '';
  return `${users}${at} without failure: ${rate}limited by ${limitedBy}${by}; ${told}`;
}

/** What is to be known of it, in rows of a label and a text. */
export function serverThresholdFacts(document: ServerThresholdDocument): [string, string][] {
  const { target, load, points, atRest, ended, unseen, complete } = document;
  const [point] = points;
  const { says = null, failures = [], failsAt = null, notPredicted = null, limit } = point ?? {};
  const { stages } = strangerWords({ ...target, speaks: load.kind });
  const name = target.name ?? 'a server';
  const where = target.container === null ? '' : ` in container ${target.container}`;
  const who = document.watched
    ? `${name}${target.pid === null ? '' : ` (pid ${target.pid})`}${where}`
    : 'not watched';
  const rows: [string, string | null][] = [
    ['server', `${who} on port ${target.port}${settingsText(document)}`],
    [
      'users',
      `each speaks ${load.kind}${load.kind === 'tcp' ? '' : ` ${load.path}`}${load.tls ? ' in TLS' : ''}, stays for ${duration(load.holdMs)}, and has failed when not open after ${duration(load.timeoutMs)}`,
    ],
    [
      'others',
      atRest === 0
        ? null
        : `${count(atRest, 'connection')} of others stayed all the time, and count as open at start`,
    ],
    [
      'fails at',
      failsAt === null
        ? null
        : `${count(failsAt, 'user')}${failures.length > 0 ? '; in the smallest load that failed: ' : ''}${waysOf(failures).map(stages).join(', ')}`,
    ],
    ['why', says === null ? null : stages(says)],
    ['law', limit === 'none' ? null : notPredicted],
    ['rate', limit === 'rate' ? 'measured to within 2 %, and varies from burst to burst' : null],
    ['ended', complete ? null : ended],
    ...unseen.map((one): [string, string] => ['unseen', one]),
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

function settingsText({ points }: ServerThresholdDocument): string {
  const { nofile, backlog, somaxconn } = points[0]?.settings ?? {};
  const known = Object.entries({ nofile, backlog, somaxconn }).filter(([, value]) => value !== undefined);
  return known.length === 0 ? '' : `; ${known.map(([name, value]) => `${name} ${value}`).join(', ')}`;
}

/** The heads, then a row a load. */
export function trialRows({ points }: ServerThresholdDocument): string[][] {
  return [
    ['users', 'came', 'open', 'failed', 'by'],
    ...(points[0]?.trials ?? []).map((trial) => [
      String(trial.users),
      cameIn(trial),
      String(trial.open),
      String(trial.failed),
      judgedBy(trial),
    ]),
  ];
}

/** What a burst was judged by; a slow load only tells a capacity from a rate. */
export function judgedBy({ failed, pace, limitedBy }: ServerTrialDocument): string {
  return failed === 0 || pace === 'slow' ? '-' : limitedBy;
}

/** How the users of a load came. */
export function cameIn({ rampMs, pace }: Pick<ServerTrialDocument, 'rampMs' | 'pace'>): string {
  if (pace === 'slow') return 'slowly';
  return rampMs === 0 ? 'at once' : `over ${duration(rampMs)}`;
}
