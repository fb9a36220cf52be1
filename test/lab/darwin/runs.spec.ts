import { join } from 'node:path';
import { skip } from '../../skip.ts';
import { INVARIANTS, runsIn } from './dropped.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/darwin/runs');

describe('darwin: runs that were made on a Mac', () => {
  const runs = runsIn(FOLDER);
  for (const run of runs) {
    describe(run, () => {
      for (const [what, holds] of Object.entries(INVARIANTS)) it(what, () => holds(join(FOLDER, run)));
    });
  }

  it('there are some', function (this: Mocha.Context) {
    if (runs.length > 0) return;
    skip(this, 'nobody has put one into test/fixtures/darwin/runs');
  });
});
