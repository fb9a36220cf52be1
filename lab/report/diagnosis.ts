import { styleText } from 'node:util';
import { count, percent } from '../../common/format.ts';
import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import type { CheckedItem, CheckedVerdict } from '../diagnose/shell-commands.ts';
import { COLOUR } from './terminal.ts';

/** A diagnosis as a person reads it: what was found first, what was ruled out in a line. */
export function diagnosisReport(document: DiagnosisDocument): string {
  const { verdicts, unseen, complete, users } = document;
  const told = verdicts.filter(({ verdict }) => ['confirmed', 'contributing', 'unknown'].includes(verdict));
  const named = (word: CheckedVerdict['verdict']) =>
    verdicts.filter(({ verdict }) => verdict === word).map(({ cause }) => cause);
  const lines = [
    '',
    headline(document),
    countLine(document),
    ...usersLines(document),
    '',
    ...(told.length === 0 ? [nothing(complete || users?.failed === 0)] : told.flatMap(verdictLines)),
    ...verdicts
      .filter(({ cause, verdict }) => verdict === 'refuted' && SHOWN.has(cause))
      .flatMap(verdictLines),
    ...rest(
      'refuted',
      named('refuted').filter((cause) => !SHOWN.has(cause)),
    ),
    ...rest('insufficient-data', named('insufficient-data')),
    ...(unseen.length === 0
      ? []
      : ['', ...unseen.map((what) => `${styleText('yellow', 'not seen:')} ${what}`)]),
    ...(complete
      ? []
      : ['', styleText('yellow', 'incomplete: the load was interrupted, or not watched to its end')]),
  ];
  return `${lines.join('\n')}\n`;
}

function nothing(known: boolean): string {
  return known
    ? styleText(['green', 'bold'], 'nothing is confirmed: no limit that was watched turned anybody away')
    : styleText(['yellow', 'bold'], 'nothing is confirmed, and too little was seen to rule anything out');
}

/** Ruled out, these are shown with their figures: they are asked for first. */
const SHOWN = new Set(['fd-exhaustion', 'listen-backlog']);

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
  return `  ${accepted ?? '?'} connections came in its network namespace, at most ${held ?? '?'} held at once, ${resets ?? '?'} RST sent meanwhile, ${dropped} dropped by its listener`;
}

function usersLines({ users }: DiagnosisDocument): string[] {
  if (users === null) return [];
  const groups = users.by
    .filter(({ outcome }) => outcome !== 'open')
    .map(
      ({ outcome, stage, errno, count }) =>
        `    ${count} × ${outcome} in ${stage}${errno ? ` (${errno})` : ''}`,
    );
  return [`  ${users.asked} users asked, ${users.open} open, ${users.failed} failed`, ...groups];
}

function verdictLines({
  cause,
  under,
  verdict,
  explains,
  share,
  for: pro,
  against,
}: CheckedVerdict): string[] {
  const part =
    explains > 0 ? `  explains ${explains}${share === undefined ? '' : ` (${percent(share)})`}` : '';
  const form = under ? `  a form of ${under}` : '';
  return [
    `${styleText([COLOUR[verdict], 'bold'], verdict.padEnd(18))}${styleText('bold', cause)}${part}${form}`,
    ...pro.flatMap((item) => itemLines('+', item)),
    ...against.flatMap((item) => itemLines('−', item)),
  ];
}

function itemLines(
  sign: string,
  { name, before, after, limit, says, otherwise, byHand }: CheckedItem,
): string[] {
  const change = before === null ? `${after ?? '?'}` : `${before} → ${after ?? '?'}`;
  const bound = limit === undefined ? '' : ` of ${limit}`;
  const instead = otherwise ? `; otherwise: ${otherwise}` : '';
  return [
    `  ${sign} ${says}${instead}  ${styleText('dim', `[${name}: ${change}${bound}]`)}`,
    ...(byHand ? [`      ${styleText('dim', `$ ${byHand}`)}`] : []),
  ];
}

function rest(word: 'refuted' | 'insufficient-data', causes: string[]): string[] {
  if (causes.length === 0) return [];
  return [`${styleText([COLOUR[word], 'bold'], word.padEnd(18))}${causes.join(', ')}`];
}
