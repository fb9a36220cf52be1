import assert from 'node:assert/strict';
import { nextLines } from '../../../common/next.ts';
import { nextAfterExam } from '../../../lab/exam/after-exam.ts';
import { nextAfterStrangers } from '../../../lab/exam/strangers/after-strangers.ts';
import { nextAfterSweep } from '../../../lab/sweep/after-sweep.ts';
import { nextAfterThreshold } from '../../../lab/threshold/after-threshold.ts';

type Of<Next extends (document: never) => unknown> = Parameters<Next>[0];

describe('what to do next, after', () => {
  it('a threshold: the cause that a user more meets; of an unknown limit, the reader’s own server', () => {
    const saidAfter = (complete: boolean, ...limitedBy: string[]) =>
      nextLines(
        nextAfterThreshold({ complete, points: limitedBy.map((one) => ({ limitedBy: one })) } as Of<
          typeof nextAfterThreshold
        >),
      );
    assert.deepEqual(saidAfter(true, 'accept-queue', 'descriptors'), [
      'next: npm run --silent lab -- run accept-queue-drop   (what a user more meets, and the fix)',
    ]);
    assert.match(saidAfter(true, 'nothing')[0] ?? '', /diagnose --port <port>/);
    assert.deepEqual(saidAfter(false, 'descriptors'), [], 'interrupted: nothing');
  });

  it('a sweep: the first cell that is not as expected; else the same for a CI', () => {
    const cell = (met: boolean) => ({
      expected: { met, says: '' },
      error: null,
      verdict: { path: '/x/a b' },
    });
    const saidAfter = (...cells: unknown[]) =>
      nextLines(nextAfterSweep({ complete: true, cells } as Of<typeof nextAfterSweep>))[0] ?? '';
    assert.match(saidAfter(cell(true), cell(false)), /report '\/x\/a b' --markdown/);
    assert.match(saidAfter(cell(true)), /the same command with --junit/);
  });

  it('an exam: the first mistake alone, a wrong name first', () => {
    const exam = (mistakes: unknown[]) =>
      nextLines(nextAfterExam({ complete: true, seed: 7, mistakes } as Of<typeof nextAfterExam>))[0] ?? '';
    assert.match(exam([{ question: 'idle-timeout' }]), /exam --only idle-timeout --seed 7 --at-once 1/);
    assert.match(exam([]), /--strangers/);
    const strangers = (mistakes: unknown[]) =>
      nextLines(
        nextAfterStrangers({ complete: true, seed: 2, mistakes } as Of<typeof nextAfterStrangers>),
      )[0] ?? '';
    const [silent, wrong] = [
      { kind: 'silent', question: 'redis: idle, its own load, users beside' },
      { kind: 'wrong', question: 'nginx: upstream down, robots, users elsewhere' },
    ];
    assert.match(strangers([silent, wrong]), /--only 'nginx,upstream down' --seed 2 .*wrong name/);
    assert.match(strangers([silent]), /--only redis,idle --seed 2/);
    assert.match(strangers([]), /diagnose/);
  });
});
