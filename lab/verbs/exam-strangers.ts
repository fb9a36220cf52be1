import { defined } from '../../common/defined.ts';
import { CannotRunError } from '../../common/errors.ts';
import { Faults } from '../../common/tell.ts';
import { diagnosesOf, examineStrangers } from '../exam/strangers/examine-strangers.ts';
import { installStrangers } from '../exam/strangers/install.ts';
import { whoCan } from '../exam/strangers/people.ts';
import { strangerLine, strangersReport } from '../exam/strangers/print-strangers.ts';
import { writeStrangerPaper } from '../exam/strangers/stranger-questions.ts';
import type { StrangersDocument } from '../exam/strangers/strangers-document.ts';
import { netns } from '../runtimes/netns.ts';
import { type Answering, finish } from './expect-options.ts';
import { codeUnlessInterrupted, interruptible } from './verb-ending.ts';

const STRANGERS: Answering<StrangersDocument> = {
  verb: 'exam --strangers',
  answer: ({ right, wrong, errors, seed, mistakes }) => ({
    sentence: `${right} right, ${wrong} wrong, ${errors} without a diagnosis (seed ${seed})`,
    evidence: mistakes
      .filter(({ kind }) => kind !== 'void')
      .map(({ question, who, why }) => `${question}, by ${who}: ${why}`),
  }),
};

interface Asked {
  seed: number;
  only?: readonly string[];
  whole: boolean;
  atOnce: number;
  json: boolean;
}

/**
 * `exam --strangers`: diagnoses programs that we did not write, each healthy and at its limits, and marks each diagnosis. Missing programs
 * are installed where that is allowed.
 */
export async function examStrangers({ seed, only, whole, atOnce, json }: Asked): Promise<number> {
  const wanted = { seed, whole, ...defined({ only }) };
  const paper = writeStrangerPaper(wanted);
  const why = await netns.missing();
  if (why !== undefined) throw new CannotRunError(`exam --strangers: ${why}`);
  const signal = interruptible();
  const say = (text: string) => process.stderr.write(`exam: ${text}\n`);
  const cli = process.argv[1] as string;
  const people = whoCan(cli);
  const programs = [...new Set(paper.map(({ program }) => program))];
  const installed = await installStrangers(programs, say, signal);
  if (installed.programs.length === 0 && !signal.aborted)
    throw new CannotRunError(`exam --strangers: no program is installed: ${installed.missing[0]?.why}`);
  const questions = paper
    .filter(({ program }) => installed.programs.includes(program))
    .map((one) => ({
      ...one,
      people: one.people.filter((who) => !people.missing.some((not) => not.id === who)),
    }))
    .filter((one) => one.people.length > 0);
  const skipped = [...installed.missing.map(({ name, why }) => ({ id: name, why })), ...people.missing];
  for (const { id, why } of skipped) say(`left out: ${id}: ${why}`);
  const total = diagnosesOf(questions);
  say(`seed ${seed}, ${installed.programs.length} programs, ${total} diagnoses, ${atOnce} questions at once`);
  let number = 0;
  const faults = new Faults();
  const document = await examineStrangers({
    cli,
    signal,
    seed,
    questions,
    skipped,
    atOnce,
    onAnswer(one) {
      number += 1;
      process.stderr.write(`${strangerLine(one, number, total)}\n`);
    },
    onFault: faults.note,
  });
  return finish(STRANGERS, {
    document,
    flags: { json },
    text: strangersReport,
    code: passed(document),
    ends: (code) => faults.code(codeUnlessInterrupted(code)),
  });
}

/** 1 for a wrongly named cause, and where no diagnosis was made. */
function passed({ wrong, errors, right }: StrangersDocument): number {
  return wrong === 0 && errors === 0 && right > 0 ? 0 : 1;
}
