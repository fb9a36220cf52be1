import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { SUSPECTS } from '../../../lab/verdict/registry.ts';
import { OUTCOMES } from '../../../protocol/fleet-events.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, type Result, scratch } from './lab.ts';

/** Those with a run of their own. */
const drawn = oneIn(2);

const SMALL = ['--runtime', 'netns', '--set', 'nofile=100', '--users', '150', '--set', 'rounds=0'];
const FILES = ['manifest.json', 'report.html', 'samples.ndjson', 'users.ndjson', 'verdict.json'];

describe('lab run', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();

  describe('--json: 150 users, room for 100 descriptors', () => {
    let result: Result;
    let document: VerdictDocument;
    let made: string;
    before(async () => {
      result = await lab(['run', '--json', ...SMALL, '--seed', '7', '--runs', join(folder(), 'a/b')]);
      document = JSON.parse(result.stdout);
      made = join(
        folder(),
        'a/b',
        readdirSync(join(folder(), 'a/b')).find((name) => name !== 'latest') ?? '',
      );
    });

    const json = (file: string) => JSON.parse(readFileSync(join(made, file), 'utf8'));
    const lines = (file: string) => {
      const text = readFileSync(join(made, file), 'utf8');
      assert.ok(text.endsWith('\n'), 'ends with a whole line');
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    };

    it('stdout is one document on one line, progress is on stderr', () => {
      assert.match(result.stdout, /^\{.*\}\n$/);
      assert.match(result.stderr, /150 users/);
    });

    it('what it is', () => {
      assert.equal(document.schema, 1);
      assert.equal(document.name, 'run');
      assert.equal(document.complete, true);
      assert.deepEqual(document.host, { os: process.platform, kernel: release(), node: process.version });
      assert.equal(document.runtime, 'netns');
      assert.equal(document.driver, 'robots');
      assert.equal(document.seed, 7);
    });

    it('settings are those in force', () => {
      const { settings } = document;
      assert.equal(settings.nofile, 100);
      assert.equal(settings.somaxconn, 4096);
      assert.equal(settings.backlog, 511);
      assert.ok(Number(settings.robots_nofile) > 150);
      assert.equal(settings.rounds, 0);
      assert.equal(typeof settings.ip_local_port_range, 'string');
    });

    it('users add up, groups are of the words of the contract', () => {
      const { asked, open, failed, by } = document.users;
      assert.equal(asked, 150);
      assert.equal(open + failed, asked);
      assert.ok(open > 50 && failed > 50);
      assert.equal(
        by.reduce((sum, { count }) => sum + count, 0),
        asked,
      );
      for (const group of by) {
        assert.deepEqual(Object.keys(group).sort(), ['count', 'errno', 'outcome', 'stage']);
        assert.ok(OUTCOMES.includes(group.outcome), group.outcome);
        assert.ok(['connect', 'upgrade', 'open'].includes(group.stage), group.stage);
        assert.ok(group.errno === null || /^E[A-Z0-9]+$/.test(group.errno), `${group.errno}`);
      }
      // A robot that writes after the gateway's close is told EPIPE (net/ipv4/tcp_input.c tcp_reset in CLOSE_WAIT).
      for (const { outcome, stage, errno } of by.filter((group) => group.outcome !== 'open')) {
        assert.equal(`${outcome} ${stage}`, 'reset upgrade');
        assert.ok(['ECONNRESET', 'EPIPE'].includes(errno ?? ''), `${errno}`);
      }
    });

    it('bets: no rounds, none', () => {
      assert.deepEqual(document.bets, { placed: 0, acked: 0, recorded: 0, lost: 0, doubled: 0 });
    });

    it('threshold: as predicted, with its law', () => {
      const { measured, predicted, law } = document.threshold;
      assert.equal(law, 'nofile - descriptors at rest numbered below nofile');
      assert.equal(measured, predicted);
      assert.equal(measured, document.users.open);
    });

    it('verdicts: every suspect judged, with evidence whose source is named', () => {
      const { verdicts } = document;
      for (const { id } of SUSPECTS) assert.equal(verdicts.filter(({ cause }) => cause === id).length, 1, id);
      for (const { cause, verdict, for: pro, against } of verdicts) {
        assert.ok(
          ['confirmed', 'contributing', 'refuted', 'insufficient-data', 'unknown'].includes(verdict),
          `${cause}: ${verdict}`,
        );
        assert.ok(pro.length + against.length > 0, `${cause}: no evidence`);
        for (const item of [...pro, ...against]) {
          assert.ok(item.source && item.name && item.says, JSON.stringify(item));
          assert.ok('before' in item && 'after' in item, JSON.stringify(item));
        }
      }
      const confirmed = verdicts.filter(({ verdict }) => verdict === 'confirmed').map(({ cause }) => cause);
      assert.deepEqual(confirmed, ['fd-exhaustion']);
      assert.equal(result.code, 0, 'no failure is left unexplained');
    });

    it('fix: tried and verified', () => {
      const { fix } = document;
      assert.match(fix?.change ?? '', /^nofile 100 → \d+$/);
      assert.equal(fix?.verified, true);
      assert.equal(fix.users.asked, 150);
      assert.equal(fix.users.open, 150);
      assert.equal(fix.users.failed, 0);
    });

    it('runs/<time>-<name>, and latest points to it', () => {
      const root = join(folder(), 'a/b');
      assert.deepEqual(readdirSync(root).length, 2);
      assert.match(made, /\/\d{8}-\d{6}-run$/);
      assert.equal(lstatSync(join(root, 'latest')).isSymbolicLink(), true);
      assert.equal(join(root, readlinkSync(join(root, 'latest'))), made);
      assert.equal(document.path, made);
      for (const file of FILES) assert.ok(readdirSync(made).includes(file), file);
    });

    it('verdict.json is what was printed', () => assert.deepEqual(json('verdict.json'), document));

    it('manifest.json: asked and effective settings, seed, host', () => {
      const manifest = json('manifest.json');
      assert.equal(manifest.complete, true);
      assert.equal(manifest.asked.nofile, 100);
      assert.equal(manifest.asked.users, 150);
      assert.deepEqual(manifest.effective, document.settings);
      assert.deepEqual(manifest.host, document.host);
      assert.equal(manifest.seed, 7);
    });

    it('users.ndjson: one line a robot, each id once', () => {
      const users = lines('users.ndjson');
      assert.equal(users.length, 150);
      assert.deepEqual(
        users.map(({ id }) => id).sort((a, b) => a - b),
        [...Array(150).keys()],
      );
      assert.equal(users.filter(({ outcome }) => outcome === 'open').length, document.users.open);
    });

    it('samples.ndjson: in the order of time, from before the load to after it', () => {
      const samples = lines('samples.ndjson');
      const times = samples.map(({ at }) => at);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      const events = new Set(samples.map(({ event }) => event));
      for (const event of ['snapshot', 'observed', 'sample', 'phase']) assert.ok(events.has(event), event);
    });

    it('report.html is a page', () => {
      const html = readFileSync(join(made, 'report.html'), 'utf8');
      assert.match(html, /^<!doctype html>/i);
      assert.match(html, /fd-exhaustion/);
    });
  });

  drawn('it showed otherwise: 1', async () => {
    const args = ['run', 'fd-exhaustion', '--runtime', 'netns', '--users', '50', '--set', 'rounds=0'];
    const { code, stdout } = await lab([...args, '--json', '--runs', join(folder(), 'otherwise')]);
    const { users, verdicts, fix, name } = JSON.parse(stdout) as VerdictDocument;
    assert.equal(code, 1);
    assert.equal(name, 'fd-exhaustion');
    assert.equal(users.open, 50);
    assert.equal(fix, null);
    assert.deepEqual(
      verdicts.filter(({ verdict }) => verdict !== 'refuted').map(({ cause }) => cause),
      [],
    );
  });

  drawn('flags win over the environment, the environment over .env, from any folder', async () => {
    const cwd = mkdtempSync(join(folder(), 'cwd-'));
    writeFileSync(join(cwd, '.env'), 'NOFILE=81\nUSERS=4\nSEED=9\nROUNDS=0\n');
    const args = ['run', '--runtime', 'netns', '--json', '--users', '2', '--runs', 'mine'];
    const { code, stdout, stderr } = await lab(args, { cwd, env: { NOFILE: '82', USERS: '3' } });
    assert.equal(code, 0, stderr);
    const { settings, users, seed } = JSON.parse(stdout) as VerdictDocument;
    assert.deepEqual([settings.nofile, users.asked, seed], [82, 2, 9]);
    assert.deepEqual(readdirSync(cwd).sort(), ['.env', 'mine'], '--runs is relative to where one stands');
  });

  drawn('without --json: a report for people, nothing but text', async () => {
    const args = ['run', ...SMALL, '--no-fix', '--runs', join(folder(), 'text')];
    const { stdout } = await lab(args);
    assert.match(stdout, /fd-exhaustion/);
    assert.match(stdout, /150/);
    assert.equal(stdout.includes('\x1b['), false, 'no colours into a pipe');
  });
});
