import { count } from '../../../common/format.ts';
import type { DiagnosisDocument } from '../../diagnose/diagnosis-document.ts';
import { waysOf } from '../../facts/user-groups.ts';
import { inOrderOfWords } from '../outcome-lines.ts';
import { strangerWords } from '../stranger-words.ts';
import type { Findings, NumberRow } from './findings.ts';
import { type Answer, answersOf, namedCauses } from './found.ts';
import { nextAfterDiagnosis } from './next.ts';
import { ruledOutOf, undecidedOf } from './ruled-out.ts';
import { type InWords, titled } from './told-verdict.ts';
import { whyOf } from './why.ts';

/** What there is to say of a diagnosis, in words for that server. */
export function findingsOfDiagnosis(document: DiagnosisDocument): Findings {
  const { users, unseen, complete, target } = document;
  const { named, stages } = strangerWords(target);
  const verdicts = document.verdicts.map((verdict) => titled(verdict, named));
  const failures = users === null ? { noun: 'connections' } : { noun: 'failures', failed: users.failed };
  const answers = answersOf(verdicts, failures, named);
  return {
    headline: headlineOf(document),
    answers: answers.length > 0 ? answers : [noneOf(document)],
    numbers: numbersOf(document, stages),
    why: whyOf(verdicts),
    ruledOut: ruledOutOf(verdicts),
    undecided: undecidedOf(verdicts),
    unseen,
    incomplete: complete ? undefined : 'the load was interrupted, or was not watched to its end.',
    next: nextAfterDiagnosis(document),
    verdicts: inOrderOfWords(verdicts),
    failures,
  };
}

/** Which server, and the causes. */
function headlineOf({ verdicts, target: { name, port } }: DiagnosisDocument): string {
  const of = (word: string) => verdicts.filter(({ verdict }) => verdict === word).map(({ cause }) => cause);
  const [confirmed, contributing] = [namedCauses(verdicts).map(({ cause }) => cause), of('contributing')];
  const unknown = of('unknown').length > 0;
  const what =
    confirmed.length > 0
      ? `${confirmed.join(', ')} confirmed${unknown ? ', and failures without a known cause' : ''}`
      : unknown
        ? 'failures without a known cause'
        : `no cause confirmed${contributing.length > 0 ? `; contributing: ${contributing.join(', ')}` : ''}`;
  return `${name ?? 'Server'} on port ${port}: ${what}`;
}

/** How far it can be said that there is no cause. */
function noneOf({ users, complete, counted }: DiagnosisDocument): Answer {
  const none = (tone: 'good' | 'doubt', says: string): Answer => ({ label: 'CAUSE', tone, says });
  if (!complete && users?.failed !== 0)
    return none('doubt', 'none confirmed, and too little was seen to rule anything out');
  if (counted.turnedAway === null)
    return none('doubt', 'none confirmed; how single connections ended was not seen');
  return counted.turnedAway > 0
    ? none(
        'doubt',
        `none confirmed; the server ended ${count(counted.turnedAway, 'connection')} at once, see below`,
      )
    : none('good', 'none: no limit that was watched turned anybody away');
}

function numbersOf(document: DiagnosisDocument, stages: InWords): NumberRow[] {
  const { target, settings, watched, counted, seen, scope, users } = document;
  const { port, logs = [] } = target;
  const limits = (['nofile', 'backlog', 'somaxconn'] as const).map((one) => `${one} ${settings[one] ?? '?'}`);
  const { accepted, held, resets, drops } = counted;
  const arrived = [
    `${accepted ?? '?'} arrived, at most ${held ?? '?'} open at once`,
    `${resets ?? '?'} RST sent to them, ${drops === null ? '? packets' : count(drops, 'packet')} dropped by the listener`,
  ];
  return [
    ['server', `${processOf(document)} on port ${port}${placeOf(document)}; ${limits.join(', ')}`],
    ['watched', `${watched.seconds} s`],
    ['connections', arrived.join('; '), ...seen],
    ...usersRows(users, stages),
    ['scope', scope],
    ...(logs.length === 0 ? [] : [['its log', `likely ${logs.slice(0, LOGS).join(', ')}`] as const]),
  ];
}

/** So many places of a log are named. */
const LOGS = 4;

/** `shop (pid 42, one of 2)` */
export function processOf({ target: { name, pid, pids } }: Pick<DiagnosisDocument, 'target'>): string {
  if (pid === null) return 'a process that cannot be seen';
  return `${name} (pid ${pid}${pids.length > 1 ? `, one of ${pids.length}` : ''})`;
}

/** Where it is, behind its name; empty where that is here. */
export function placeOf({ target: { container, elsewhere } }: Pick<DiagnosisDocument, 'target'>): string {
  return container ? ` in container ${container}` : elsewhere ? ' in another network namespace' : '';
}

function usersRows(users: DiagnosisDocument['users'], stages: InWords): NumberRow[] {
  if (users === null) return [];
  const { asked, open, failed } = users;
  return [['users', `${asked} requested, ${open} open, ${failed} failed`, ...waysOf(users.by).map(stages)]];
}
