import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { onLinuxOnly } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, scratch } from '../cli/lab.ts';
import { INVARIANTS } from './dropped.ts';
import { unread } from './unread.ts';

/** Whole runs. */
const drawn = oneIn(2);

const FAKE = join(import.meta.dirname, '../../fixtures/darwin/fake-mac');

/** Linux that calls itself macOS, with commands that print as there: see test/fixtures/darwin/README.md. */
const as = (...folders: string[]) => ({
  NODE_OPTIONS: `--import=${pathToFileURL(join(FAKE, 'preload.mjs')).href}`,
  PATH: [...folders.map((name) => join(FAKE, name)), process.env.PATH].join(':'),
});

/** Enough of a load for one cause, in a second. */
const SMALL = ['--users', '150', '--ramp', '500ms', '--set', 'nofile=128', '--set', 'port=18071'];

const wordOf = ({ verdicts }: VerdictDocument, id: string) =>
  verdicts.find(({ cause }) => cause === id)?.verdict;

describe('darwin: the way that a run takes on macOS, on this Linux', function () {
  this.timeout(60_000);
  const folder = scratch();

  onLinuxOnly('a Linux that calls itself macOS');

  drawn(
    'npm start picks native, fills the descriptors, proves the fix, and leaves a folder that the drop folder takes',
    async () => {
      const runs = join(folder(), 'root');
      const args = ['run', 'fd-exhaustion', '--json', '--runs', runs, ...SMALL];
      const { code, stdout, stderr } = await lab(args, { env: as('root', 'bin') });
      assert.equal(code, 0, stderr);
      const document = JSON.parse(stdout) as VerdictDocument;
      assert.deepEqual([document.runtime, document.host.os], ['native', 'darwin']);
      assert.equal(document.settings.nofile, 128);
      assert.equal(document.settings['kern.ipc.somaxconn'], 128);
      assert.equal(document.threshold.measured, document.threshold.predicted);
      assert.equal(document.fix?.verified, true);
      for (const [cause, word] of [
        ['fd-exhaustion', 'confirmed'],
        ['listen-backlog', 'refuted'],
        ['accept-queue-evicted', 'refuted'],
        ['loopback-interface', 'refuted'],
      ] as const)
        assert.equal(wordOf(document, cause), word, cause);
      const run = document.path as string;
      assert.ok(existsSync(join(run, 'fix-darwin.ndjson')));
      const manifest = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'));
      assert.deepEqual(manifest.system, {
        product: 'macOS',
        version: '15.5',
        build: '24F74',
        maxfiles: '256 unlimited',
      });
      for (const holds of Object.values(INVARIANTS)) holds(run);
    },
  );

  drawn(
    'without root: what the counters would say is left open, the descriptors are not; somaxconn is held by the backlog',
    async () => {
      const runs = join(folder(), 'user');
      const args = ['run', '--json', '--no-fix', '--runs', runs, ...SMALL, '--set', 'somaxconn=64'];
      const { code, stdout, stderr } = await lab(args, { env: as('bin') });
      assert.equal(code, 0, stderr);
      const document = JSON.parse(stdout) as VerdictDocument;
      assert.equal(document.settings.backlog, 64);
      assert.equal(wordOf(document, 'fd-exhaustion'), 'confirmed');
      assert.equal(wordOf(document, 'listen-backlog'), 'insufficient-data');
      assert.equal(wordOf(document, 'accept-queue-drop'), 'insufficient-data');
    },
  );

  it('a longer queue is refused with the line that root would type; nothing is started', async () => {
    const runs = join(folder(), 'none');
    const { code, stdout, stderr } = await lab(['run', '--runs', runs, '--set', 'somaxconn=4096'], {
      env: as('bin'),
    });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /sudo sysctl -w kern\.ipc\.somaxconn=4096/);
    assert.equal(existsSync(runs), false);
  });
});

describe('darwin: the eviction of macOS is asked for elsewhere', () => {
  onLinuxOnly('what another system says');
  const folder = scratch();

  it('says where it can be had, and exits with 3', async () => {
    const args = ['run', 'accept-queue-evicted', '--runtime', 'native', '--runs', join(folder(), 'none')];
    const { code, stderr } = await lab(args);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /macOS/);
  });
});

describe('darwin: output that no parser knows', () => {
  for (const [command, text] of [
    ['netstat -s -p tcp', 'tcp:\n\t5 packets sent\n\t7 overflows of the listen queue\n'],
    [
      'netstat -L -a -n',
      'Current listen queue sizes (qlen/incqlen/maxqlen)\nListen Local Address\n0-0-128 *.8080\n',
    ],
    ['netstat -i -d -n', 'Name Mtu Network Address Ipkts Ierrs\nlo0 16384 <Link#1> - many none\n'],
    ['lsof -nP -p 1', 'COMMAND PID USER FD TYPE\nnode 1 dev #5 +12 REG\n'],
    ['ps -o state= -p 1', 'running\n'],
    ['sysctl a', 'kern.ipc.somaxconn 128\n'],
    ['vm_stat', 'Mach Virtual Memory Statistics\n'],
  ] as const) {
    it(`is named: ${command}`, () => assert.ok(unread(command, text).length > 0));
  }
});
