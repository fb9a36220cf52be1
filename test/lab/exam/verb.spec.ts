import assert from 'node:assert/strict';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../../skip.ts';
import { FIRST_GATEWAY_BREAKS, lab, preloaded, startLab } from '../cli/lab.ts';

describe('lab exam', function () {
  this.timeout(60_000);
  const asked = ['exam', '--quick', '--seed', '3', '--runtime', 'netns', '--json', '--only'];

  it('bad usage is one line and exit 2', async () => {
    for (const [flag, value] of [
      ['--only', 'moon'],
      ['--repeats', '0'],
      ['--at-once', 'many'],
      ['--seed', '-1'],
    ] as const) {
      const { code, stdout, stderr } = await lab(['exam', '--runtime', 'netns', `${flag}=${value}`]);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, new RegExp(`^lab: ${flag} ${value}: allowed.*\\n$`));
    }
  });

  describe('on netns', () => {
    skipWhenMissing(netns);

    it('one document on stdout, progress on stderr, and the fix of each cause', async () => {
      const { code, stdout, stderr } = await lab([...asked, 'gateway-crash,users-leave', '--fix']);
      const document = JSON.parse(stdout);
      assert.equal(code, 0, stderr);
      assert.equal(document.seed, 3);
      assert.deepEqual([document.right, document.wrong, document.mistakes], [2, 0, []]);
      assert.deepEqual(document.matrix, { 'gateway-crash': { 'gateway-crash': 1 }, healthy: { healthy: 1 } });
      assert.deepEqual(
        document.fixes.map(({ cause, verified }: { cause: string; verified: boolean }) => ({
          cause,
          verified,
        })),
        [{ cause: 'gateway-crash', verified: true }],
      );
      assert.match(stderr, /2 of 2: right/);
    });

    it('a fault of ours stops one question, and the exam ends with 70 and the stack', async () => {
      const { code, stdout, stderr } = await lab([...asked, 'gateway-crash,users-leave', '--at-once', '1'], {
        env: preloaded(FIRST_GATEWAY_BREAKS),
      });
      assert.equal(code, 70, stderr);
      const { right, wrong } = JSON.parse(stdout);
      assert.deepEqual([right, wrong], [1, 1]);
      assert.match(stderr, /^lab: TypeError: broken on purpose\n\s+at /m);
    });

    it('interrupted it gives what it has, and exit 130', async () => {
      const { child, ended } = startLab([
        ...asked,
        'gateway-crash,late-reset',
        '--at-once',
        '1',
        '--repeats',
        '9',
      ]);
      await new Promise<void>((resolve) => {
        child.stderr?.on('data', (text) => String(text).includes('1 of 18') && resolve());
        child.once('close', resolve);
      });
      child.kill('SIGINT');
      const { code, stdout } = await ended;
      assert.equal(code, 130);
      const { complete, right, wrong, asked: total } = JSON.parse(stdout);
      assert.equal(complete, false);
      assert.equal(total, 18);
      assert.ok(right + wrong >= 1 && right + wrong < 18);
    });
  });
});
