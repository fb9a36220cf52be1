import Mocha from 'mocha';
import { type FileTally, tally } from './tally.ts';

/** Set by `npm test` where tests are skipped because there is no Docker engine: why there is none. */
const MISSING = process.env.RESETLAB_DOCKER_MISSING;

/**
 * Mocha's `spec` reporter, which also hands the tallies of its files to `npm test` (its parent process), and ends the run in good
 * order on SIGINT or when the parent is gone: the test at work fails at once, no other is begun, and the hooks that
 * remove what tests made are run.
 *
 * A spec says why it skips with `skip` of test/skip.ts, and that it measured again with `measuredAgain` of test/again.ts.
 */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const files = new Map<string, FileTally>();
    const tallyOf = ({ file = '' }: Mocha.Runnable): FileTally => {
      const there = files.get(file) ?? { ...tally(), file };
      files.set(file, there);
      return there;
    };
    runner.on('pass', (test) => {
      tallyOf(test).passed += 1;
    });
    runner.on('test end', (test: Mocha.Test & { again?: string[] }) => {
      const title = test.fullTitle();
      tallyOf(test).again.push(...(test.again ?? []).map((why) => ({ title, why })));
    });
    // Failed hooks are reported here as well.
    runner.on('fail', (test, error) => {
      const why = `${error?.message ?? error}`.trim().split('\n')[0] ?? '';
      tallyOf(test).failed.push({ title: test.fullTitle(), why });
    });
    runner.on('pending', (test) => {
      // Without a body it never ran; what its neighbour said is not its reason.
      const said: string | undefined = test.fn ? test.ctx?.why : undefined;
      const why = said ?? MISSING ?? 'no reason given';
      tallyOf(test).skipped.push({ title: test.fullTitle(), why });
    });
    const stop = () => {
      runner.abort();
      (runner as { currentRunnable?: Mocha.Runnable }).currentRunnable?.timeout(1);
    };
    process.on('SIGINT', stop);
    if (!process.send) return;
    process.once('disconnect', stop);
    runner.once('end', () => {
      process.off('disconnect', stop);
      // The channel would keep this process alive.
      process.send?.([...files.values()], () => process.disconnect());
    });
  }
}
