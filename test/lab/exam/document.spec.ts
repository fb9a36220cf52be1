import assert from 'node:assert/strict';
import { answerOf, markOf } from '../../../lab/exam/answer.ts';
import type { Answered } from '../../../lab/exam/ask.ts';
import { examDocument } from '../../../lab/exam/exam-document.ts';
import { examReport } from '../../../lab/exam/print-exam.ts';
import { type Question, writePaper } from '../../../lab/exam/questions.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { assertDocument, asWritten } from '../schemas/documents.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

describe('exam: the document', () => {
  const question = (id: string) =>
    writePaper({ runtime: 'netns', seed: 1, repeats: 1, pairs: false, only: [id] }).questions[0] as Question;
  const answered = (id: string, situation: string): Answered => {
    const asked = question(id);
    const facts = drawFacts(evidenceOf(parse(situation), 1));
    const verdicts = judge(facts, CAUSES);
    const answer = answerOf(facts.failed.length, verdicts);
    return { question: asked, answer, mark: markOf(asked, answer), facts, verdicts, wallMs: 1 };
  };
  const head = { seed: 1, runtime: 'netns', driver: 'robots', asked: 6, skipped: [], wallMs: 1 };
  const full = 'full 0 0 0 alive 20 herd 425 x reset @ upgrade';
  const answers = [
    answered('fd-exhaustion', full),
    answered('fd-exhaustion', 'room 0 0 0 alive 20 herd 425 x reset @ upgrade'),
    answered('fd-exhaustion', 'room 0 0 0 alive 20 herd none'),
    answered('users-leave', 'room 0 0 0 alive 20 herd none'),
    answered('users-leave', full),
  ];
  const document = examDocument(
    head,
    [...answers, { question: question('late-reset'), error: 'no netem', wallMs: 1 }],
    undefined,
  );

  it('right answers stand on the diagonal, each other one is a mistake of its kind', () => {
    assert.equal(document.right, 2);
    assert.equal(document.wrong, 4);
    assert.equal(document.notMade, 1);
    assert.deepEqual(document.matrix, {
      'fd-exhaustion': { 'fd-exhaustion': 1, 'not made': 1, unknown: 1 },
      healthy: { 'fd-exhaustion': 1, healthy: 1 },
      'late-reset': { error: 1 },
    });
    assert.deepEqual(
      document.mistakes.map(({ question: id, kind }) => `${id} ${kind}`),
      ['fd-exhaustion wrong', 'fd-exhaustion not made', 'users-leave wrong', 'late-reset error'],
    );
  });

  it('a mistake holds what gives it again, and what spoke for the answer and against the truth', () => {
    const [mistake] = document.mistakes;
    assert.deepEqual(mistake?.settings, question('fd-exhaustion').asked);
    const said = new Map(mistake?.evidence.map(({ cause, verdict }) => [cause, verdict]));
    assert.equal(said.get('fd-exhaustion'), 'refuted');
    assert.equal(said.get('unknown'), 'unknown');
  });

  it('is as its schema says, also with fixes', () => {
    assertDocument('exam', asWritten(document));
    const fixes = [{ cause: 'late-reset', change: null, verified: false, failed: 3 }];
    assertDocument('exam', asWritten(examDocument(head, answers, fixes)));
  });

  it('fewer answers than questions make it incomplete', () => {
    assert.equal(document.complete, true);
    assert.equal(examDocument(head, answers, undefined).complete, false);
  });

  it('is printed with each mistake and its seed', () => {
    const text = examReport(document);
    assert.match(text, /2 right, 4 wrong of 6/);
    for (const { seed, why } of document.mistakes)
      assert.ok(text.includes(`seed ${seed}`) && text.includes(why));
  });
});
