import assert from 'node:assert/strict';
import { once } from 'node:events';
import { familyOf } from '../../lab/exam/strangers/stage.ts';
import type { StrangersDocument } from '../../lab/exam/strangers/strangers-document.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { startTime } from '../../system/proc/stat.ts';
import { readText } from '../../system/read.ts';
import { sleep } from '../diagnose/place.ts';
import { lab, startLab } from '../lab/cli/lab.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { isDrawn } from '../whole.ts';

/** Programs that cost little to start, of Debian and of npm; in the quick form two of the four. */
const SOME = ['nginx', 'redis', 'memcached', 'http-server'].filter((_, index) => isDrawn(index, 2));

describe('lab exam --strangers', function () {
  this.timeout(300_000);
  skipWhenMissing(netns);

  it('bad usage is one line and exit 2', async () => {
    const { code, stdout, stderr } = await lab(['exam', '--strangers', '--only', 'moon']);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^lab: --only moon: allowed: nginx, .*\n$/);
  });

  it(`of ${SOME.join(', ')}, healthy and at a limit, none is given a wrong name`, async function () {
    if (process.getuid?.() !== 0) skip(this, 'no root here, which installs the programs');
    const limits = ['cap', 'nofile'].filter((_, index) => isDrawn(index, 2, 2));
    const only = [...SOME, 'pool', ...limits].join(',');
    const { stdout, stderr } = await lab(['exam', '--strangers', '--json', '--seed', '1', '--only', only]);
    const document = JSON.parse(stdout) as StrangersDocument;
    const { right, wrong, errors, complete, asked, skipped, mistakes } = document;
    const why = JSON.stringify(mistakes, null, 1);
    assert.deepEqual(skipped, [], stderr);
    assert.ok(complete);
    assert.deepEqual([wrong, errors], [0, 0], why);
    // Of memcached's cap, which is its nofile as well, only root is told which it was.
    const hidden = mistakes.filter(
      ({ question, who, kind }) =>
        question.startsWith('memcached: cap') && who === 'an ordinary user' && kind === 'unknown',
    );
    assert.ok(right + document.void + hidden.length >= asked * 0.9 && right > asked / 2, why);
    assert.deepEqual(Object.keys(document.programs).sort(), [...SOME].sort());
  });

  it('killed it leaves nothing, not even of a server that is stopped', async function () {
    if (process.getuid?.() !== 0) skip(this, 'no root here, which installs the programs');
    const { child, result } = startLab([
      'exam',
      '--strangers',
      '--seed',
      '1',
      '--only',
      'nginx,stopped,worker killed',
    ]);
    const closed = once(child, 'close');
    const running = () => familyOf(child.pid as number).map((pid) => ({ pid, since: startTime(pid) }));
    const stopped = () => running().some(({ pid }) => state(pid) === 'T');
    while (!stopped()) {
      assert.equal(child.exitCode, null, result.stderr);
      await sleep(50);
    }
    const all = running();
    assert.ok(all.length > 10);
    child.kill('SIGKILL');
    await closed;
    const left = () => all.filter(({ pid, since }) => since !== undefined && startTime(pid) === since);
    for (let tries = 0; tries < 100 && left().length > 0; tries += 1) await sleep(100);
    assert.deepEqual(left(), []);
  });
});

function state(pid: number): string | undefined {
  return /^State:\s+(\w)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
}
