import assert from 'node:assert/strict';
import type { StrangerAnswer } from '../../../../lab/exam/strangers/ask-stranger.ts';
import { strangersReport } from '../../../../lab/exam/strangers/print-strangers.ts';
import type { Program, Situation } from '../../../../lab/exam/strangers/program.ts';
import { PROGRAMS } from '../../../../lab/exam/strangers/programs.ts';
import { markStranger, type Said } from '../../../../lab/exam/strangers/stranger-mark.ts';
import { strangersDocument } from '../../../../lab/exam/strangers/strangers-document.ts';
import { assertDocument, asWritten } from '../../schemas/documents.ts';

/** `confirmed cap<parent, unknown`: what a lab said. */
function said(text: string): Said {
  const verdicts = text
    .split(', ')
    .filter(Boolean)
    .map((one) => {
      const [verdict = '', name = 'unknown'] = one.split(' ');
      const [cause = '', under] = name.split('<');
      return { verdict, cause, explains: 1, for: [], against: [], ...(under ? { under } : {}) };
    });
  return { complete: true, users: null, seen: [], counted: {}, verdicts };
}

describe('exam of strangers: the marks', () => {
  const TABLE = `
    fd-exhaustion                | confirmed fd-exhaustion                                          | right
    fd-exhaustion                | confirmed fd-exhaustion, unknown                                 | right
    fd-exhaustion                | confirmed fd-exhaustion, confirmed connection-cap                | wrong
    fd-exhaustion                | confirmed connection-cap                                         | wrong
    fd-exhaustion                | unknown                                                          | unknown
    fd-exhaustion                |                                                                  | silent
    fd-exhaustion                | contributing fd-exhaustion                                       | silent
    accept-queue-drop            | confirmed listen-backlog, confirmed accept-queue-drop<listen-backlog | right
    accept-queue-drop            | confirmed listen-backlog                                         | silent
    killed gateway-crash         | confirmed gateway-crash<app-timeout-or-panic, confirmed app-timeout-or-panic | right
    descriptor-leak ~fd-exhaustion | confirmed fd-exhaustion                                        | silent
    descriptor-leak ~fd-exhaustion | confirmed fd-exhaustion, confirmed connection-cap              | wrong
    idle-timeout                 | contributing idle-timeout                                        | silent
    ?idle-timeout                | contributing idle-timeout                                        | right
    ?idle-timeout                | contributing idle-timeout, unknown                               | unknown
    ?idle-timeout                | contributing deadline                                            | silent
    ?idle-timeout                | contributing idle-timeout, confirmed deadline                    | wrong
    healthy                      |                                                                  | right
    healthy                      | contributing accept-queue-drop                                   | right
    healthy                      | confirmed connection-cap                                         | wrong
    healthy                      | unknown                                                          | unknown`;
  for (const line of TABLE.trim().split('\n')) {
    const [truth = '', verdicts = '', kind] = line.split('|').map((cell) => cell.trim());
    it(`true is ${truth}, said is ${verdicts || 'nothing'}: ${kind}`, () => {
      const words = truth
        .replace('?', '')
        .split(' ')
        .filter((word) => word !== 'healthy');
      const situation = {
        ...(truth.startsWith('?') ? { minded: 'only users know' as const } : {}),
        truth: words.filter((word) => !word.startsWith('~')),
        symptoms: words.filter((word) => word.startsWith('~')).map((word) => word.slice(1)),
      };
      assert.equal(markStranger(situation, said(verdicts)).kind, kind);
    });
  }
});

describe('exam of strangers: the document', () => {
  const program = PROGRAMS[0] as Program;
  const answer = (id: string, verdicts: string): StrangerAnswer => {
    const situation = program.situations.find((one) => one.id === id) as Situation;
    const document = said(verdicts);
    const mark = markStranger(situation, document);
    const question = {
      program,
      situation,
      load: 'its own',
      where: 'beside',
      people: ['root'],
      size: 1,
    } as const;
    return { question, who: 'root', mark, met: {}, said: document, wallMs: 1 };
  };
  const answers = [
    answer('cap', 'confirmed connection-cap'),
    answer('cap', 'unknown'),
    answer('nofile', 'confirmed connection-cap'),
    answer('pool', ''),
    answer('idle', 'contributing idle-timeout'),
    { ...answer('idle', ''), mark: { kind: 'void', named: [], why: 'nobody was cut' } } as StrangerAnswer,
  ];
  const document = strangersDocument({ seed: 1, asked: 6, skipped: [], wallMs: 1 }, answers);

  it('counts each kind, and what did not come about for nothing', () => {
    const { right, contributing, wrong, unknown, silent, void: none, errors, complete } = document;
    assert.deepEqual([right, wrong, unknown, silent, none, errors, complete], [3, 1, 1, 0, 1, 0, true]);
    assert.equal(contributing, 1);
    assert.deepEqual(document.matrix, {
      'connection-cap': { 'connection-cap': 1, unknown: 1 },
      'fd-exhaustion': { 'connection-cap': 1 },
      healthy: { healthy: 1 },
      'idle-timeout': { 'idle-timeout': 1 },
    });
  });

  it('is as its schema says', () => assertDocument('exam-strangers', asWritten(document)));

  it('says of each rule how often it was true, and named where it was not', () => {
    const none = { tried: 0, right: 0, unknown: 0, silent: 0, wrong: 0, trials: 5 };
    assert.deepEqual(document.rules, {
      'connection-cap': { ...none, tried: 2, right: 1, unknown: 1, wrong: 1 },
      'fd-exhaustion': { ...none, tried: 1, silent: 1 },
      'idle-timeout': { ...none, tried: 1, right: 1 },
    });
  });

  it('is printed with each mistake, and what did not come about', () => {
    const text = strangersReport(document);
    assert.match(text, /3 right, 1 wrong, 1 unknown, 0 silent of 5/);
    assert.match(text, /1 of the right ones as contributing/);
    assert.match(
      text,
      /nginx: nofile, its own load, users beside, by root: truth fd-exhaustion, answer connection-cap/,
    );
    assert.match(text, /void: nginx: idle.*nobody was cut/);
  });
});
