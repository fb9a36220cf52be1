import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, temporaryFolder } from './tools.ts';

/** Runs .ci/run in a project whose tests are `script`. Gives its exit code and the last line. */
async function ci(script: string): Promise<[number | null, string | undefined]> {
  using folder = temporaryFolder();
  cpSync(join(ROOT, '.ci/run'), join(folder.path, '.ci/run'));
  writeFileSync(join(folder.path, 'package.json'), JSON.stringify({ scripts: { test: script } }));
  const ended = await run(join(folder.path, '.ci/run'), [], { cwd: '/' });
  return [ended.code, ended.stdout.trimEnd().split('\n').at(-1)];
}

describe('.ci/run', () => {
  it('ends with the tally and the exit code of npm test', async () => {
    assert.deepEqual(await ci('echo 3 passed, 0 failed'), [0, '3 passed, 0 failed']);
    assert.deepEqual(await ci('echo 3 passed, 1 failed, 2 skipped; exit 1'), [
      1,
      '3 passed, 1 failed, 2 skipped',
    ]);
  });

  it('requires the Docker tests and gives no stdin', async () => {
    const script = 'cat; echo $RESETLAB_DOCKER | grep -qx required && echo 1 passed, 0 failed';
    assert.deepEqual(await ci(script), [0, '1 passed, 0 failed']);
  });

  it('reports a failure when the tests never came to a tally', async () => {
    assert.deepEqual(await ci('echo setup: broken >&2; exit 3'), [3, '0 passed, 1 failed']);
    assert.deepEqual(await ci('true'), [1, '0 passed, 1 failed']);
  });
});
