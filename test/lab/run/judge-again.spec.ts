import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sumOf } from '../../../common/numbers.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { reportHtml } from '../../../lab/report/pages.ts';
import { rebuildReport } from '../../../lab/report/rebuild.ts';
import { runScenario } from '../../../lab/run/scenario.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { scratch } from '../cli/lab.ts';

const it = oneIn(2);

function verdictAgain(folder: string): VerdictDocument {
  return JSON.parse(rebuildReport(folder).files['verdict.json'] ?? '') as VerdictDocument;
}

describe('a run judged again from its folder', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const runs = scratch();

  async function run(name: string, flags: string[]): Promise<VerdictDocument & { path: string }> {
    const document = await runScenario({
      name,
      runtime: netns,
      driver: robots,
      settings: resolveSettings([fromFlags(['rounds=0', ...flags])]),
      runs: runs(),
      fix: true,
      trace: true,
      page: reportHtml,
    });
    return { ...document, path: document.path as string };
  }

  for (const [what, flags, causes] of [
    [
      'descriptors and a handshake timeout, with its fix',
      ['nofile=100', 'users=150', 'handshake_timeout_ms=1000', 'upgrade_delay_ms=1500'],
      ['fd-exhaustion', 'handshake-timeout'],
    ],
    [
      'two gateways without descriptors, from two sources, with the fix of both',
      ['gateways=2', 'sources=2', 'nofile=128', 'users=300'],
      ['fd-exhaustion'],
    ],
    ['a crash', ['crash_at_users=50', 'users=100'], ['gateway-crash']],
    [
      'a gateway that is kept stopped, behind a delayed link',
      ['stop_ms=1000', 'backlog=8', 'users=30', 'link_delay_ms=20', 'connect_timeout_ms=1500'],
      [],
    ],
  ] as const) {
    it(`${what}: the same verdict, the same page`, async () => {
      const { path } = await run('again', [...flags]);
      const [verdict, page] = ['verdict.json', 'report.html'].map((file) =>
        readFileSync(join(path, file), 'utf8'),
      );
      const { verdicts } = JSON.parse(verdict as string) as VerdictDocument;
      const blamed = verdicts.filter((one) => one.verdict === 'confirmed').map(({ cause }) => cause);
      for (const cause of causes) assert.ok(blamed.includes(cause), `${cause} is not in ${blamed}`);
      const { files } = rebuildReport(path);
      assert.deepEqual(JSON.parse(files['verdict.json'] as string), JSON.parse(verdict as string));
      assert.equal(files['verdict.json'], verdict);
      assert.equal(files['report.html'], page);
    });
  }

  it('several gateways: what each did is told again, also of what a killed lab left', async () => {
    const { path, parts, users } = await run('several', ['gateways=2', 'nofile=128', 'users=300']);
    assert.deepEqual(
      parts?.gateways.map(({ users: { asked } }) => asked),
      [150, 150],
    );
    const failed = parts?.gateways.map((gateway) => gateway.users.failed) ?? [];
    assert.ok(
      failed.every((some) => some > 0) && sumOf(failed, (some) => some) === users.failed,
      `${failed} of ${users.failed}`,
    );
    assert.deepEqual(verdictAgain(path).parts, parts);
    const file = join(path, 'users.ndjson');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.filter((line) => !line.includes('"gateway":2')).join('\n'));
    const again = verdictAgain(path);
    assert.equal(again.complete, false);
    assert.deepEqual(
      again.parts?.gateways.map(({ users: { open, failed: lost } }) => open + lost),
      [150, 0],
    );
    assert.deepEqual(again.parts?.gateways[0]?.users, parts?.gateways[0]?.users);
  });

  it('of a lab that was killed in the middle: what is there, incomplete; users that had not ended have not failed', async () => {
    const { path } = await run('cut', ['users=20']);
    const samples = join(path, 'samples.ndjson');
    const lines = readFileSync(samples, 'utf8').split('\n');
    const settled = lines.findIndex((line) => line.includes('"phase":"settled"'));
    writeFileSync(samples, `${lines.slice(0, settled).join('\n')}\n${lines[settled]?.slice(0, 10)}`);
    writeFileSync(join(path, 'users.ndjson'), '');
    const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'));
    writeFileSync(join(path, 'manifest.json'), JSON.stringify({ ...manifest, complete: false }));
    for (const file of ['verdict.json', 'report.html']) rmSync(join(path, file));
    const { complete, users, verdicts } = verdictAgain(path);
    assert.equal(complete, false);
    assert.deepEqual(users, { asked: 20, open: 0, failed: 0, by: [] });
    assert.deepEqual(
      verdicts.filter(({ verdict }) => verdict === 'confirmed' || verdict === 'unknown'),
      [],
    );
  });

  it('all is there, but it had not come to its end: incomplete', async () => {
    const { path } = await run('late', ['users=5']);
    const file = join(path, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    assert.equal(verdictAgain(path).complete, true);
    writeFileSync(file, JSON.stringify({ ...manifest, complete: false }));
    assert.equal(verdictAgain(path).complete, false);
  });

  it('a folder that was moved: its verdict names where it is now', async () => {
    const { path } = await run('moved', ['users=5']);
    const now = join(runs(), 'elsewhere');
    renameSync(path, now);
    assert.equal(verdictAgain(now).path, now);
  });

  it('of a later version, or killed before anything was measured: one line', async () => {
    const { path } = await run('later', ['users=5']);
    const file = join(path, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(join(path, 'samples.ndjson'), '');
    assert.throws(
      () => rebuildReport(path),
      /nothing was measured in it, since the run was killed or failed; allowed: /,
    );
    writeFileSync(file, JSON.stringify({ ...manifest, form: 2 }));
    assert.throws(() => rebuildReport(path), /manifest\.json: form 2; allowed: 1$/);
  });
});
