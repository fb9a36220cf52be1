import { count } from '../../../common/format.ts';
import { waysOf } from '../../facts/user-groups.ts';
import { allLostInWords, lostInWords } from '../../run/lost-parts.ts';
import { failedOnceOpen } from '../../run/users-document.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { inOrderOfWords } from '../outcome-lines.ts';
import type { Findings, NumberRow } from './findings.ts';
import { type Answer, answersOf, namedCauses } from './found.ts';
import { nextAfterRun } from './next.ts';
import { partRows } from './part-rows.ts';
import { ruledOutOf, undecidedOf } from './ruled-out.ts';
import { titled } from './told-verdict.ts';
import { whyOf } from './why.ts';

/** What there is to say of a run. */
export function findingsOfRun(document: VerdictDocument): Findings {
  const { verdicts, users, trace, complete } = document;
  const failures = { noun: 'failures', failed: users.failed };
  const answers = answersOf(verdicts, failures);
  const { lost } = document;
  return {
    headline: headlineOf(document),
    answers: [...(answers.length > 0 ? answers : [noneOf(document)]), ...fixOf(document)],
    numbers: numbersOf(document),
    why: whyOf(verdicts),
    ruledOut: ruledOutOf(verdicts),
    undecided: undecidedOf(verdicts),
    unseen:
      trace?.available === false ? [`the kernel's own reasons for resets: ${trace.why ?? 'not known'}`] : [],
    incomplete: complete ? undefined : lost ? `${allLostInWords(lost)}.` : CUT,
    ...(lost && { lost: lost.map((one) => `lost: ${lostInWords(one)}; the run is incomplete`) }),
    next: nextAfterRun(document),
    verdicts: inOrderOfWords(verdicts.map((one) => titled(one))),
    failures,
  };
}

const CUT = 'the run was interrupted; this is what it had measured.';

/** The causes, and how users fared. */
function headlineOf({ verdicts, users }: VerdictDocument): string {
  const { requested, open, failed, undecided } = stateOf(users);
  if (undecided > 0)
    return `${open} of ${count(requested, 'user')} open, ${failed} failed, ${undecided} undecided`;
  if (failed === 0) return `All ${requested} users open, none failed`;
  const causes = namedCauses(verdicts).map(({ cause }) => cause);
  const named = causes.length > 0 ? `${causes.join(', ')}: ` : '';
  return `${named}${failed} of ${count(requested, 'user')} failed, ${open} open`;
}

function stateOf({ asked, open, failed }: VerdictDocument['users']) {
  return { requested: asked, open, failed, undecided: asked - open - failed };
}

function noneOf({ users }: VerdictDocument): Answer {
  const { requested, open, failed } = stateOf(users);
  if (failed > 0) return { label: 'CAUSE', tone: 'doubt', says: `none confirmed for ${failed} failures` };
  const all = open === requested ? `all ${requested} users open` : `${open} of ${requested} users open`;
  return { label: 'CAUSE', tone: 'good', says: `none: ${all}, nobody failed` };
}

function fixOf({ fix }: VerdictDocument): Answer[] {
  if (fix === null) return [];
  const { change: says, error, verified, users } = fix;
  if (error !== undefined) return [{ label: 'FIX', tone: 'bad', says, figure: 'not shown', by: error }];
  const { requested, open, failed } = stateOf(users);
  const came = `same load again, ${open} of ${requested} open`;
  return verified
    ? [{ label: 'FIX', tone: 'good', says, figure: 'verified', by: came }]
    : [{ label: 'FIX', tone: 'bad', says, figure: 'did not help', by: `${came}, ${failed} failed` }];
}

/** Who became open, how the others failed, the threshold and the bets. */
function numbersOf(document: VerdictDocument): NumberRow[] {
  const { users, bets, runtime, settings, parts } = document;
  const { requested, open, failed, undecided } = stateOf(users);
  const states = [`${requested} requested`, `${open} open`, `${failed} failed`];
  if (undecided > 0) states.push(`${undecided} undecided`);
  const { nofile, backlog } = settings;
  const somaxconn = settings.somaxconn ?? settings['kern.ipc.somaxconn'];
  const wrong = [bets.lost > 0 ? `${bets.lost} lost` : '', bets.doubled > 0 ? `${bets.doubled} doubled` : ''];
  const lost = wrong.filter(Boolean).join(', ') || 'none lost or doubled';
  return [
    ['users', states.join(', '), ...waysOf(users.by)],
    ['threshold', thresholdText(document)],
    ['bets', `${bets.placed} placed, ${bets.acked} acknowledged, ${bets.recorded} recorded, ${lost}`],
    ...partRows(parts),
    ['settings', `runtime ${runtime}, nofile ${nofile}, backlog ${backlog}, somaxconn ${somaxconn ?? '?'}`],
  ];
}

function thresholdText({ users, threshold }: VerdictDocument): string {
  const { measured, atLeast, predicted, law } = threshold;
  const cut = failedOnceOpen(users);
  const seen = cut
    ? `none measured (${measured} users became open, ${cut} of them failed later)`
    : `${atLeast ? 'at least ' : ''}${measured} users measured`;
  return predicted === null ? `${seen}, none predicted` : `${seen}, ${predicted} predicted (${law})`;
}
