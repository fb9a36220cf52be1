import assert from 'node:assert/strict';
import type { VerdictDocument } from '../../lab/run/verdict-document.ts';
import type { ThresholdsDocument } from '../../lab/threshold/threshold-document.ts';
import { lab, scratch } from '../lab/cli/lab.ts';
import { AHEAD_MS, onlyWhole, onSharedEngines, startOver } from './shared-engines.ts';

describe('lab over two engines, with a clock that is off', function () {
  this.timeout(240_000);
  const engines = onSharedEngines();
  const folder = scratch();

  it('has room for the same users as this machine alone, to the user, and begins together', async () => {
    const args = ['run', '--users', '72', '--set', 'nofile=64', '--set', 'rounds=0', '--no-fix'];
    const [over, alone] = await onBoth<VerdictDocument>(args);
    assert.deepEqual(over.threshold, alone.threshold);
    assert.deepEqual([over.users.open, over.users.failed], [alone.users.open, alone.users.failed]);
    assert.deepEqual(namedIn(over), namedIn(alone));
    assertTogether(over);
  });

  onlyWhole('a threshold at two values of nofile is that of this machine alone', async () => {
    const [over, alone] = await onBoth<ThresholdsDocument>(['threshold', '--vary', 'nofile=64,96']);
    const found = ({ points }: ThresholdsDocument) =>
      points.map(({ value, measured, predicted, limitedBy }) => ({ value, measured, predicted, limitedBy }));
    assert.equal(over.points.length, 2);
    assert.deepEqual(found(over), found(alone));
  });

  onlyWhole(
    'two gateways for users from three sources: each as predicted, no failure unknown, none after the fix',
    async () => {
      const args = ['--users', '300', '--set', 'nofile=96', '--set', 'gateways=2', '--set', 'sources=3'];
      const document = await reported(args);
      const { gateways = [], fleets = [] } = document.parts ?? {};
      const missed = gateways.map(({ threshold: { measured, predicted } }) => measured - (predicted ?? 0));
      assert.deepEqual([missed, fleets.length], [[0, 0], 6]);
    },
  );

  onlyWhole('the reported case: 4500 users, nofile 4096', async () => {
    const { users } = await reported([]);
    assert.deepEqual([users.open, users.failed], [4073, 427]);
  });

  /** The documents of the same over the two engines, and in namespaces of this machine. */
  async function onBoth<Document>(args: string[]): Promise<[Document, Document]> {
    const all = [...args, '--json', '--runs', folder(), '--runtime'];
    const ended = await Promise.all([startOver(engines(), [...all, 'swarm']).ended, lab([...all, 'netns'])]);
    return ended.map(({ code, stdout, stderr }) => {
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    }) as [Document, Document];
  }

  /** `fd-exhaustion` over them, judged as on one machine. */
  async function reported(args: string[]): Promise<VerdictDocument> {
    const run = ['run', 'fd-exhaustion', ...args, '--runtime', 'swarm', '--json', '--runs', folder()];
    const { code, stdout, stderr } = await startOver(engines(), run).ended;
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^swarm: the clock of node2 is 3\.0 s ahead \(±[\d.]+ ms\); its times are corrected$/m,
    );
    const document: VerdictDocument = JSON.parse(stdout);
    const { complete, users, threshold, fix, lost } = document;
    assert.deepEqual([complete, lost], [true, undefined]);
    assert.equal(threshold.measured, threshold.predicted);
    assert.equal(users.open, threshold.predicted);
    assert.deepEqual(namedIn(document), [['fd-exhaustion', 'confirmed', users.failed]]);
    assert.equal(fix?.verified, true);
    assertTogether(document);
    return document;
  }
});

function namedIn({ verdicts }: VerdictDocument) {
  const named = verdicts.filter(({ verdict }) => verdict !== 'refuted');
  return named.map(({ cause, verdict, explains }) => [cause, verdict, explains]);
}

/** Clocks are told, and all fleets began and went on at the same time: nearer to each other than half of what a clock is off. */
function assertTogether({ parts }: VerdictDocument): void {
  const clocks = parts?.clocks ?? [];
  assert.deepEqual([...new Set(clocks.map(({ where }) => where))].sort(), ['node1', 'node2']);
  for (const { where, aheadMs, afterMs, errorMs } of clocks) {
    const ahead = where === 'node2' ? AHEAD_MS : 0;
    for (const told of [aheadMs, afterMs ?? Number.NaN])
      assert.ok(Math.abs(told - ahead) <= errorMs, `${where}: ${told} ±${errorMs}`);
    assert.ok(errorMs < AHEAD_MS / 2, `${where}: ±${errorMs}`);
  }
  const connects = parts?.fleets.flatMap(({ firstConnectAt = 0, lastConnectAt = 0 }) => [
    firstConnectAt,
    lastConnectAt,
  ]) as number[];
  assert.ok(Math.max(...connects) - Math.min(...connects) < AHEAD_MS / 2, `${connects}`);
  assert.ok((parts?.skewMs ?? Number.NaN) < AHEAD_MS / 2, `${parts?.skewMs}`);
}
