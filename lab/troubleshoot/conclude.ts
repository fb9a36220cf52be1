import { drawFacts } from '../facts/facts.ts';
import { judgeOutside, type OutsideVerdict } from '../verdict/judge-server.ts';
import { CAUSES } from '../verdict/registry.ts';
import {
  type Command,
  type Conclusion,
  cannotBeSeen,
  complaintOf,
  itemsText,
  type Look,
  pointsAt,
  type Reading,
  refuted,
  type Step,
} from './step.ts';
import { STEPS, SYSTEMS } from './steps.ts';
import type { Subject } from './subject.ts';

/** One step as it went. */
export interface Walked {
  step: Step;
  commands: readonly Command[];
  conclusion: Conclusion;
}

/** What the looks show, by the causes of the lab: with the same facts and the same judge as `run` and `diagnose`. Pure. */
export function conclude(subject: Subject, looks: readonly Look[]): Walked[] {
  const system = SYSTEMS[subject.os];
  const evidence = system.evidence(subject, looks);
  const facts = drawFacts(evidence);
  const verdicts = judgeOutside(facts, CAUSES);
  const readings = system.readings(subject, looks, evidence, facts);
  const commands = system.commands(subject);
  return STEPS.map((step) => ({
    step,
    commands: commands[step.step],
    conclusion: concludeStep(
      step,
      subject,
      verdicts,
      readings[step.step] ?? {},
      complaintsOf(commands[step.step], looks),
    ),
  }));
}

function concludeStep(
  { needs, decidedBy, orPointsAt, toSee }: Step,
  { server, listening, missing }: Subject,
  verdicts: readonly OutsideVerdict[],
  { conclusion, note, doubt }: Reading,
  complaints: readonly string[],
): Conclusion {
  if ((needs === 'server' && !server) || (needs === 'listener' && !listening))
    return cannotBeSeen(missing ?? 'no server');
  const words = { ...orPointsAt, ...decidedBy };
  const judged = (causes: string[]) =>
    causes.flatMap((id) => verdicts.find(({ cause }) => cause === id) ?? []);
  const found =
    guiltyOf(judged(Object.keys(words)), words) ??
    conclusion ??
    restOf(judged([...Object.keys(decidedBy), ...(doubt ? [doubt] : [])]), [...complaints, toSee]);
  return note ? { ...found, conclusion: `${found.conclusion}; ${note}` } : found;
}

function guiltyOf(
  suspects: readonly OutsideVerdict[],
  words: Record<string, string>,
): Conclusion | undefined {
  const found =
    suspects.find(({ verdict }) => verdict === 'confirmed') ??
    suspects.find(({ verdict }) => verdict === 'contributing');
  if (found === undefined) return undefined;
  const { cause, verdict } = found;
  const how = verdict === 'confirmed' ? '' : `, ${verdict} at most`;
  return { ...pointsAt(`${words[cause]}${how}: ${itemsText(found.for)}`), cause };
}

/** A step is ruled out only where the judge rules out all of its causes. */
function restOf(judged: readonly OutsideVerdict[], why: readonly string[]): Conclusion {
  const open = judged.filter(({ verdict }) => verdict === 'insufficient-data');
  if (open.length === 0) return refuted(`: ${itemsText(judged.flatMap(({ against }) => against))}`);
  return cannotBeSeen([itemsText(open.flatMap(({ against }) => against)), ...why].join('; '));
}

/** What else may be missing: what the commands themselves complained of. */
function complaintsOf(commands: readonly Command[], looks: readonly Look[]): string[] {
  const all = commands.map(({ line, needsRoot }) => {
    const said = looks.at(-1)?.said.get(line);
    return needsRoot ? 'the commands of this step need root' : said ? complaintOf(said) : '';
  });
  return [...new Set(all)].filter((text) => text !== '');
}
