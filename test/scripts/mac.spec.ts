import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { DARWIN } from '../../lab/laws/queue-model/darwin-counters.ts';
import { look, looksAt, STATISTICS } from '../../scripts/mac/commands.ts';
import { evictedBy, resetsAt, synsAtOnce } from '../../scripts/mac/syns-at-once.ts';
import { cleanEnvironment, scratch } from '../lab/cli/lab.ts';
import { onLinuxOnly } from '../skip.ts';

const FAKE = join(PROJECT_ROOT, 'test/fixtures/darwin/fake-mac');
const BURST = { users: 512, backlog: 128, somaxconn: 128 };

function mac(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      process.execPath,
      [join(PROJECT_ROOT, 'scripts/mac.ts'), ...args],
      { env: cleanEnvironment(env), cwd: PROJECT_ROOT },
      (_, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('npm run mac', function () {
  this.timeout(120_000);

  describe('SYNs at once, from the users that a burst resets', () => {
    it('gives back what the model was given, or a range with it', () => {
      for (const batch of [6, 16, 64]) {
        const found = synsAtOnce({ ...BURST, reset: resetsAt(batch, BURST) });
        assert.ok(found && found[0] <= batch && batch <= found[1], `${batch}: ${found}`);
      }
    });

    it('more at once: more reset', () => {
      const resets = [2, 6, 16, 64, 128].map((batch) => resetsAt(batch, BURST));
      assert.deepEqual(
        resets,
        [...resets].sort((a, b) => a - b),
      );
      assert.ok(new Set(resets).size === resets.length, resets.join());
    });

    it('nobody reset: not known to be any number', () => {
      assert.equal(synsAtOnce({ ...BURST, reset: 0 }), undefined);
    });

    it('the counters that root reads give the evicted as well', () => {
      assert.equal(evictedBy({ [DARWIN.accepts]: 40, [DARWIN.connects]: 53 }), 27);
      assert.equal(evictedBy({ [DARWIN.accepts]: 40 }), undefined);
    });
  });

  it('a command is read, empty, all zeros, not known, or not there', async () => {
    const said = (text: string | undefined) => look(STATISTICS, () => Promise.resolve(text));
    assert.equal((await said('tcp:\n\t7 listen queue overflows\n')).format, 'read');
    assert.equal((await said('tcp:\n\t0 listen queue overflows\n')).format, 'zeros');
    assert.equal((await said('tcp:\n\t7 overflows of it\n')).format, 'not known');
    assert.equal((await said('')).format, 'empty');
    assert.equal((await said(undefined)).format, 'no such command');
    assert.ok(looksAt({ port: 1, pid: 1 }).length > 5);
  });

  describe('as a whole', () => {
    onLinuxOnly('a Linux that calls itself macOS');
    const folder = scratch();

    it('elsewhere: one line, and exit code 3', async () => {
      const { code, stdout, stderr } = await mac([]);
      assert.deepEqual([code, stdout], [3, '']);
      assert.match(stderr, /^mac: this is linux, .*npm run mac\n$/);
    });

    it('on a Linux that calls itself macOS: the whole way, and one folder with all of it', async () => {
      const out = join(folder(), 'mac');
      const { code, stdout, stderr } = await mac([out], {
        NODE_OPTIONS: `--import=${pathToFileURL(join(FAKE, 'preload.mjs')).href}`,
        PATH: [join(FAKE, 'root'), join(FAKE, 'bin'), process.env.PATH].join(':'),
      });
      assert.equal(code, 0, stderr);
      const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
      assert.deepEqual(summary.nodeListener, { address: '::', queue: { qlen: 0, incqlen: 0, maxqlen: 128 } });
      assert.ok(summary.descriptorsAtRest.length > 10);
      assert.deepEqual([...new Set(Object.values(summary.formats))], ['read']);
      assert.equal(summary.counters.user, 'read');
      assert.equal(summary.run.code, 0);
      // Linux throws out nobody: 129 fit, and the SYNs of the others are dropped.
      const { found, tries } = summary.synsAtOnce;
      assert.deepEqual([found, tries.length], [null, 5]);
      for (const { connected, pending, reset } of tries)
        assert.deepEqual([connected, pending, reset], [129, 383, 0]);
      assert.ok(tries[0].growth[DARWIN.listenDrop] >= 383);
      assert.ok(readdirSync(out).filter((name) => name.endsWith('.txt')).length > 8);
      assert.ok(existsSync(join(out, 'runs')));
      assert.match(stdout, /SYNs at once: nobody was reset/);
    });
  });
});
