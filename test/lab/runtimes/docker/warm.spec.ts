import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { PROJECT_ROOT } from '../../../../common/own-files.ts';
import { onLinuxOnly } from '../../../skip.ts';

describe('docker/warm: what the containers load is compiled when the image is built', function () {
  this.timeout(60_000);
  onLinuxOnly('what runs in containers');
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: '' };
  before(() => {
    env.NODE_COMPILE_CACHE = mkdtempSync(join(tmpdir(), 'resetlab-warm-'));
    execFileSync(process.execPath, ['docker/warm.mjs'], { cwd: PROJECT_ROOT, env });
  });
  after(() => rmSync(env.NODE_COMPILE_CACHE, { recursive: true, force: true }));

  // What does its work when it is loaded cannot be loaded before.
  const PARTS: [string[], Record<string, string>][] = [
    [['gateway/main.ts'], { PORT: '0', BACKLOG: 'none' }],
    [['robots/main.ts', 'robots/start.ts'], { USERS: 'none' }],
    [['lab/evidence/observer.ts', 'lab/evidence/linux/observer.ts'], { GATEWAY_PID: '1', LIFELINE: 'stdin' }],
    [['lab/evidence/server-watcher.ts'], { SERVER_PID: '4194305' }],
    [['lab/cli.ts', 'common/oldest-node.ts'], {}],
  ];
  for (const [[entry = '', ...more], settings] of PARTS) {
    it(`all of ${entry} but itself`, () => {
      const { stderr } = spawnSync(process.execPath, [entry], {
        cwd: PROJECT_ROOT,
        // Node says so of each file on stderr (node src/compile_cache.cc), `StrippedTypeScript` and the code made of it apart.
        env: { ...env, ...settings, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
        encoding: 'utf8',
      });
      const found = [...stderr.matchAll(/reading cache from \S+ for \S+ (?:file:\/\/)?(\S+)\.\.\.(.*)$/gm)];
      // Another thread's words may come between: what is there is not always called a success.
      const missing = found.filter(([, , how = '']) => /no such file|mismatch|failed/.test(how));
      const names = new Set(missing.map(([, path = '']) => relative(PROJECT_ROOT, path)));
      assert.ok(found.length > 10, stderr.slice(-2000));
      assert.deepEqual([...names].sort(), [entry, ...more].sort());
    });
  }
});
