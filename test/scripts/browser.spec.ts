import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ensureBrowser } from '../../scripts/browser/ensure.ts';
import { findBrowser } from '../../scripts/browser/find.ts';
import { policyOf } from '../../scripts/test/environments.ts';
import { scratch } from '../lab/cli/lab.ts';
import { skip } from '../skip.ts';

describe('the browser for tests', () => {
  const root = scratch();

  /** A folder with a command in it that can be run, or not. */
  function folderWith(command: string, mode = 0o755): string {
    const folder = join(root(), `${command}-${mode}`);
    mkdirSync(folder);
    writeFileSync(join(folder, command), '#!/bin/sh\n');
    chmodSync(join(folder, command), mode);
    return folder;
  }

  it('is the one of CHROME_PATH, else the first that can be run on the PATH', function () {
    if (process.platform === 'darwin') skip(this, 'macOS has browsers outside of the PATH');
    const chrome = folderWith('google-chrome');
    const chromium = folderWith('chromium');
    const PATH = [folderWith('chromium', 0o644), chrome, chromium].join(delimiter);
    // Anybody's mode lets root read, but x must be there even for root.
    assert.equal(findBrowser({ PATH }), join(chromium, 'chromium'));
    assert.equal(findBrowser({ PATH: chrome }), join(chrome, 'google-chrome'));
    assert.equal(
      findBrowser({ PATH, CHROME_PATH: join(chrome, 'google-chrome') }),
      join(chrome, 'google-chrome'),
    );
    assert.equal(findBrowser({ PATH: root() }), undefined);
  });

  it('is not sought elsewhere, nor installed, when CHROME_PATH is wrong', async () => {
    const answer = await ensureBrowser({ ...process.env, CHROME_PATH: '/nowhere/chrome' });
    assert.deepEqual(answer, {
      reason: 'CHROME_PATH is /nowhere/chrome, which cannot be run; correct or unset it',
    });
  });

  it('is required only where RESETLAB_BROWSER says so, on CI machines as well', () => {
    const browserPolicy = (env: NodeJS.ProcessEnv) => policyOf('RESETLAB_BROWSER', env);
    assert.equal(browserPolicy({}), 'auto');
    assert.equal(browserPolicy({ CI: 'true' }), 'auto');
    assert.equal(browserPolicy({ RESETLAB_BROWSER: 'required' }), 'required');
    assert.equal(browserPolicy({ RESETLAB_BROWSER: 'off' }), 'off');
    assert.throws(() => browserPolicy({ RESETLAB_BROWSER: 'yes' }), /RESETLAB_BROWSER=yes is not known/);
  });
});
