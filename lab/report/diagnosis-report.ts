import { styleText } from 'node:util';
import { count } from '../../common/format.ts';
import { widthOf } from '../../common/wrap.ts';
import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import type { CheckedItem } from '../diagnose/shell-commands.ts';
import { waysOf } from '../facts/user-groups.ts';
import { allLines } from './outcome-lines.ts';
import { strangerWords } from './stranger-words.ts';
import type { Telling } from './terminal.ts';
import { answerLines } from './text/found.ts';
import { inBlocks, labelled, labelledRows } from './text/labelled.ts';
import { nextAfterDiagnosis } from './text/next.ts';
import { ruledOutLines, undecidedLines } from './text/ruled-out.ts';
import { whyNamed } from './text/why.ts';

/** A diagnosis as a person reads it: the answer, the numbers, why, what was ruled out, and what to do next. */
export function diagnosisReport(
  document: DiagnosisDocument,
  { verbose = false, width = widthOf() }: Telling = {},
): string {
  const { verdicts, unseen, complete, target } = document;
  const { named } = strangerWords(target);
  const told = verbose
    ? [allLines(verdicts, () => '', commandOf).map(named)]
    : [
        ...whyNamed(verdicts, named, width),
        ruledOutLines(verdicts, named, width),
        undecidedLines(verdicts, width),
      ];
  const next = nextAfterDiagnosis(document);
  const blocks = [
    answer(document, width),
    numbers(document, width),
    ...told,
    unseen.flatMap((what) => labelled('not seen', 'yellow', what, width)),
    complete
      ? []
      : [styleText('yellow', 'Incomplete: the load was interrupted, or was not watched to its end.')],
    next === undefined ? [] : [`next: ${next}`],
  ];
  return inBlocks(blocks);
}

/** The confirmed causes; else, how far it can be said that there is none. */
function answer(document: DiagnosisDocument, width: number): string[] {
  const { verdicts, users, complete, counted, target } = document;
  const failures = users === null ? { noun: 'connections' } : { noun: 'failures', failed: users.failed };
  const lines = answerLines(verdicts, failures, { inWords: strangerWords(target).named, width });
  if (lines.length > 0) return lines;
  const none = (style: 'green' | 'yellow', text: string) => labelled('CAUSE', [style, 'bold'], text, width);
  if (!complete && users?.failed !== 0)
    return none('yellow', 'none confirmed, and too little was seen to rule anything out');
  if (counted.turnedAway === null)
    return none('yellow', 'none confirmed; how single connections ended was not seen');
  return counted.turnedAway > 0
    ? none(
        'yellow',
        `none confirmed; the server ended ${count(counted.turnedAway, 'connection')} at once, see below`,
      )
    : none('green', 'none: no limit that was watched turned anybody away');
}

function numbers(document: DiagnosisDocument, width: number): string[] {
  const { target, settings, watched, counted, seen, scope, users } = document;
  const { name, pid, pids, port, container, elsewhere, logs = [] } = target;
  const process =
    pid === null
      ? 'a process that cannot be seen'
      : `${name} (pid ${pid}${pids.length > 1 ? `, one of ${pids.length}` : ''})`;
  const place = container ? ` in container ${container}` : elsewhere ? ' in another network namespace' : '';
  const limits = (['nofile', 'backlog', 'somaxconn'] as const).map((one) => `${one} ${settings[one] ?? '?'}`);
  const { accepted, held, resets, drops } = counted;
  const arrived = [
    `${accepted ?? '?'} arrived, at most ${held ?? '?'} open at once`,
    `${resets ?? '?'} RST sent to them, ${drops === null ? '? packets' : count(drops, 'packet')} dropped by the listener`,
  ];
  const { stages } = strangerWords(target);
  const rows: [string, string][] = [
    ['server', `${process} on port ${port}${place}; ${limits.join(', ')}`],
    ['watched', `${watched.seconds} s`],
    ['connections', arrived.join('; ')],
    ...seen.map((line): [string, string] => ['', line]),
    ...usersRows(users, stages),
    ['scope', scope],
    ...(logs.length === 0
      ? []
      : [['its log', `likely ${logs.slice(0, LOGS).join(', ')}`] as [string, string]]),
  ];
  return labelledRows(rows, width);
}

/** So many places of a log are named. */
const LOGS = 4;

function usersRows(users: DiagnosisDocument['users'], stages: (text: string) => string): [string, string][] {
  if (users === null) return [];
  const { asked, open, failed } = users;
  return [
    ['users', `${asked} requested, ${open} open, ${failed} failed`],
    ...waysOf(users.by).map((way): [string, string] => ['', stages(way)]),
  ];
}

function commandOf({ byHand }: CheckedItem): string[] {
  return byHand ? [`      ${styleText('dim', `$ ${byHand}`)}`] : [];
}
