import { styleText } from 'node:util';
import { count, percent } from '../../common/format.ts';
import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import type { CheckedItem, CheckedVerdict } from '../diagnose/shell-commands.ts';
import { waysOf } from '../facts/user-groups.ts';
import { verdictLines, wordLine } from './outcome-lines.ts';
import { strangerWords } from './stranger-words.ts';

/** A diagnosis as a person reads it: what was found first, what was ruled out in a line. */
export function diagnosisReport(document: DiagnosisDocument): string {
  const { verdicts, unseen, complete } = document;
  const told = verdicts.filter(({ verdict }) => ['confirmed', 'contributing', 'unknown'].includes(verdict));
  const refuted = verdicts.filter(({ verdict }) => verdict === 'refuted');
  const { stages, named } = strangerWords(document.target);
  const telling = (all: readonly CheckedVerdict[]) => all.flatMap(linesOf).map(named);
  const lines = [
    '',
    headline(document),
    countLine(document),
    ...document.seen.map((line) => `    ${line}`),
    `  scope: ${document.scope}`,
    ...logLines(document),
    ...usersLines(document).map(stages),
    '',
    ...(told.length === 0 ? [nothing(document)] : telling(told)),
    ...telling(refuted.filter(({ cause }) => SHOWN.has(cause))),
    ...inOneLine(refuted.filter(({ cause }) => !SHOWN.has(cause))),
    ...inOneLine(verdicts.filter(({ verdict }) => verdict === 'insufficient-data')),
    ...(unseen.length === 0
      ? []
      : ['', ...unseen.map((what) => `${styleText('yellow', 'not seen:')} ${what}`)]),
    ...(complete
      ? []
      : ['', styleText('yellow', 'incomplete: the load was interrupted, or not watched to its end')]),
  ];
  return `${lines.join('\n')}\n`;
}

function nothing({ complete, users, counted: { turnedAway } }: DiagnosisDocument): string {
  if (!complete && users?.failed !== 0)
    return styleText(
      ['yellow', 'bold'],
      'nothing is confirmed, and too little was seen to rule anything out',
    );
  if (turnedAway === null)
    return styleText('bold', 'nothing is confirmed, and nobody told how single connections ended');
  return turnedAway > 0
    ? styleText(
        'bold',
        `nothing is confirmed; ${count(turnedAway, 'connection')} ended by the server at once: see above`,
      )
    : styleText(['green', 'bold'], 'nothing is confirmed: no limit that was watched turned anybody away');
}

/** Ruled out, these are shown with their figures: they are asked for first. */
const SHOWN = new Set(['fd-exhaustion', 'listen-backlog']);

/** So many places of a log are named. */
const LOGS = 4;

function headline({ target, settings, watched }: DiagnosisDocument): string {
  const { name, pid, pids, port, container } = target;
  const process =
    pid === null
      ? 'a process that cannot be seen'
      : `${name} (pid ${pid}${pids.length > 1 ? `, one of ${pids.length}` : ''})`;
  const place = container
    ? ` in container ${container}`
    : target.elsewhere
      ? ' in another network namespace'
      : '';
  const limits = (['nofile', 'backlog', 'somaxconn'] as const).map(
    (limit) => `${limit} ${settings[limit] ?? '?'}`,
  );
  return `${styleText('bold', `${process} on port ${port}${place}`)}  (${limits.join(', ')}; watched for ${watched.seconds} s)`;
}

function countLine({ counted }: DiagnosisDocument): string {
  const { accepted, held, resets, drops } = counted;
  const dropped = drops === null ? '? packets' : count(drops, 'packet');
  const came = accepted === null ? '? connections' : count(accepted, 'connection');
  return `  ${came} came, at most ${held ?? '?'} held at once, ${resets ?? '?'} RST sent to them, ${dropped} dropped by its listener`;
}

/** What only its own log can tell is asked for there. */
function logLines({ target: { logs = [] } }: DiagnosisDocument): string[] {
  return logs.length === 0 ? [] : [`  its own log, likely: ${logs.slice(0, LOGS).join(', ')}`];
}

function usersLines({ users }: DiagnosisDocument): string[] {
  if (users === null) return [];
  const { asked, open, failed } = users;
  return [
    `  ${asked} users asked, ${open} open, ${failed} failed`,
    ...waysOf(users.by).map((way) => `    ${way}`),
  ];
}

function linesOf(verdict: CheckedVerdict): string[] {
  const { explains, share } = verdict;
  const of = share === undefined ? '' : ` (${percent(share)})`;
  return verdictLines(
    verdict,
    explains > 0 ? `  explains ${explains}${of}` : '',
    () => '',
    ({ byHand }: CheckedItem) => (byHand ? [`      ${styleText('dim', `$ ${byHand}`)}`] : []),
  );
}

/** Verdicts of one word. */
function inOneLine(verdicts: readonly CheckedVerdict[]): string[] {
  const [first] = verdicts;
  return first ? [wordLine(first.verdict, verdicts.map(({ cause }) => cause).join(', '))] : [];
}
