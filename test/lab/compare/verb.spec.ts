import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemUnder } from '../../../lab/compare/compare.ts';
import type { CompareDocument } from '../../../lab/compare/comparison-document.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, scratch } from '../cli/lab.ts';
import { asFromMac, MAC_COUNTERS } from './mac-run.ts';
import { compareSchema } from './schema.ts';

/** Of bad usage a part. */
const refused = oneIn(3);

const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };

describe('lab compare', function () {
  this.timeout(60_000);
  const folder = scratch();
  const compare = (...args: string[]) =>
    lab(['compare', ...args, '--runs', folder(), '--json'], { env: NO_ENGINE });

  async function shown(...args: string[]): Promise<CompareDocument & { path: string }> {
    const { code, stdout, stderr } = await compare(...args);
    assert.equal(code, 0, stderr);
    return compareSchema.parse(JSON.parse(stdout)) as CompareDocument & { path: string };
  }

  it('by the model alone: two predictions, the pages and the document in one folder', async () => {
    const document = await shown('linux', 'macos', '--users', '300', '--measure', 'none');
    assert.deepEqual(
      document.columns.map(({ os, source }) => [os, source]),
      [
        ['linux', 'predicted'],
        ['macos', 'predicted'],
      ],
    );
    const page = join(document.path, 'compare.html');
    const made = readFileSync(page, 'utf8');
    rmSync(page);
    const { code, stdout } = await lab(['report', document.path, '--json']);
    assert.deepEqual([code, JSON.parse(stdout)], [0, { kind: 'compare', path: page }]);
    assert.equal(readFileSync(page, 'utf8'), made);
    assert.deepEqual(JSON.parse(readFileSync(join(document.path, 'compare.json'), 'utf8')), document);
  });

  it('--grid: every point once, the reported one on top, progress with the time left', async () => {
    const { code, stdout, stderr } = await compare(
      'linux',
      'macos',
      '--users',
      '60',
      '--grid',
      '--measure',
      'none',
    );
    assert.equal(code, 0, stderr);
    const { grid, columns } = compareSchema.parse(JSON.parse(stdout)) as CompareDocument;
    const points = grid?.map(({ nofile, backlog, ramp }) => `${nofile} ${backlog} ${ramp}`);
    assert.equal(new Set(points).size, 18);
    const reported = grid?.find(
      ({ nofile, backlog, ramp }) => nofile === 4096 && backlog === 511 && ramp === '0',
    );
    assert.deepEqual(reported?.columns, columns);
    assert.match(stderr, /\(1 of 18, about [\d.]+ m?s left\)/);
  });

  it('says what runs under each runtime', () => {
    assert.equal(systemUnder('docker', 'darwin'), 'linux');
    assert.equal(systemUnder('native', 'darwin'), 'macos');
    assert.equal(systemUnder('native', 'linux'), 'linux');
    assert.equal(systemUnder('native', 'freebsd'), undefined);
  });

  describe('with runs', () => {
    skipWhenMissing(netns);
    let document: CompareDocument & { path: string };
    let run: string;
    before(async () => {
      const small = ['--set', 'nofile=64', '--set', 'rounds=0', '--users', '60', '--runtime', 'netns'];
      document = await shown('linux', 'macos', ...small);
      run = document.columns[0]?.path as string;
    });

    it('Linux is measured, to the user; macOS is predicted at its pace', () => {
      const [linux, macos] = document.columns;
      const { users } = JSON.parse(readFileSync(join(run, 'verdict.json'), 'utf8')) as VerdictDocument;
      assert.ok(users.failed > 0 && users.open > 0);
      assert.deepEqual([linux?.source, linux?.users], ['measured', users]);
      assert.deepEqual(linux?.causes, [{ cause: 'fd-exhaustion', users: users.failed }]);
      assert.equal(linux?.counters['Tcp PassiveOpens'], 60);
      assert.equal(macos?.source, 'predicted');
      assert.ok(macos?.notes.some((note) => /that of the run \S+-linux/.test(note)));
      assert.ok(existsSync(join(run, 'verdict.json')));
    });

    it('a run and the model: at the settings of the run', async () => {
      const { columns } = await shown(run, 'macos');
      assert.deepEqual(
        columns.map(({ source, users, settings }) => [source, users.asked, settings.nofile]),
        [
          ['measured', 60, 64],
          ['predicted', 60, 64],
        ],
      );
    });

    it('two runs, one of them as a Mac leaves it: both measured', async () => {
      const mac = asFromMac(run, join(folder(), 'mac'));
      const { columns, differences } = await shown(run, mac);
      assert.deepEqual(
        columns.map(({ os, source }) => [os, source]),
        [
          ['linux', 'measured'],
          ['macos', 'measured'],
        ],
      );
      const [, macos] = columns;
      assert.deepEqual(macos?.counters, MAC_COUNTERS);
      assert.deepEqual(
        [macos?.settings.somaxconn, macos?.settings.ip_local_port_range],
        [128, '49152-65535'],
      );
      const names = differences.map(({ what }) => what);
      for (const what of [
        'eviction of half-open connections',
        'local ports for users',
        'what the listen queue holds',
      ])
        assert.ok(names.includes(what), what);
      assert.doesNotMatch(JSON.stringify(differences), /predicted/);
    });
  });

  for (const [args, exit, says] of [
    [['linux'], 2, /missing required argument 'right'/],
    [['linux', 'linux'], 2, /compare linux linux: both sides are the same; allowed: /],
    [['linux', 'nowhere'], 2, /compare nowhere: no such folder; allowed: linux, macos, or the folder/],
    [['linux', 'macos', '--measure', 'some'], 2, /--measure some: allowed: few, all, none/],
    [['linux', 'macos', '--syns-at-once', '0'], 2, /--syns-at-once 0: allowed: 1 to 65535/],
    [['linux', 'macos', '--users', '0'], 2, /--users: users=0/],
    [['linux', 'macos', '--grid', '--set', 'nofile=64'], 2, /--set nofile=64: the grid sets this itself/],
    [['linux', 'macos', '--grid', '--ramp', '1s'], 2, /--ramp 1s: the grid sets this itself/],
    [['linux', 'macos', '--runtime', 'docker'], 3, /--runtime docker: no Docker engine/],
  ] as const) {
    refused(`${args.join(' ')}: one line, exit ${exit}, and nothing is left`, async () => {
      const before = readdirSync(folder());
      const { code, stdout, stderr } = await compare(...args);
      assert.equal(code, exit);
      assert.equal(stdout, '');
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.deepEqual(readdirSync(folder()), before);
    });
  }
});
