import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { retryUntil } from '../../common/waiting.ts';
import type { VerdictDocument } from '../../lab/run/verdict-document.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import { scratch } from '../lab/cli/lab.ts';
import { oneIn } from '../whole.ts';
import {
  assertNothingLeft,
  keeping,
  onlyWhole,
  onSharedEngines,
  startEngines,
  startOver,
} from './shared-engines.ts';
import type { TwoEngines } from './two-engines.ts';

const USERS = 90;
/** Of a gateway with 96 descriptors. */
const ROOM = 73;
const LOAD = [
  ...['--users', String(USERS), '--set', 'sources=3', '--set', 'nofile=96', '--betting', 'herd'],
  ...['--set', 'rounds=2', '--set', 'round_ms=1500', '--set', 'pause_ms=500'],
];

describe('lab over two engines that loses a part in the middle: told where, exit code 1, and what is left is judged', function () {
  this.timeout(120_000);
  const engines = onSharedEngines();
  const folder = scratch();
  // The longer one is drawn with the shorter one of `refused.spec.ts`.
  const drawn = oneIn(2);

  drawn('the network falls in two: the fleets beyond are told after 10 s of silence', async () => {
    await using _ = await keeping(engines(), { node1: 'gateway' });
    const document = await cutting();
    assertFleetsLost(document, SILENT);
  });

  drawn('one container of robots is killed: its users are other, all others are judged', async () => {
    await using _ = await keeping(engines(), { node1: 'gateway' });
    const document = await losing(engines(), async ({ worker }) => {
      const all = await worker.listContainers();
      const [fleet] = all.filter(({ Labels }) =>
        Labels['com.docker.swarm.service.name']?.endsWith('_robots'),
      );
      await worker.getContainer(fleet?.Id ?? assert.fail('no robots on node2')).kill();
    });
    assert.equal(document.lost?.length, 1);
    assertFleetsLost(document, /^the container \w+ of robots on node2 was lost: its connection ended$/);
  });

  onlyWhole(
    'the network falls in two before the gateway: it is told, and no cause is named but what was seen until then',
    async () => {
      await using _ = await keeping(engines(), { node1: 'robots', node2: 'gateway' });
      const { lost, users, verdicts } = await cutting();
      const [{ how = '', ...one } = {}] = lost ?? [];
      assert.deepEqual([lost?.length, one], [1, { role: 'gateway', number: 1, where: 'node2', users: 0 }]);
      assert.match(how, /^the container \w+ of gateway on node2 was lost: no sign of life for 10 s$/);
      assert.equal(users.failed, USERS - ROOM);
      const named = verdicts.filter(({ verdict }) => /confirmed|contributing/.test(verdict));
      assert.deepEqual(
        named.map(({ cause, explains }) => [cause, explains]),
        [['fd-exhaustion', USERS - ROOM]],
      );
    },
  );

  onlyWhole('a node goes with all that runs on it', async () => {
    await using own = await startEngines();
    await using _ = await keeping(own, { node1: 'gateway' });
    const document = await losing(own, () => own.stopNode(1));
    await assertNothingLeft(own, false);
    // Killed processes of a namespace still close their connections; those of a machine without power do not.
    assertFleetsLost(
      document,
      /^the container \w+ of robots on node2 was lost: (its connection ended|no sign of life for 10 s)$/,
    );
  });

  const SILENT = /^the container \w+ of robots on node2 was lost: no sign of life for 10 s$/;

  /** The same, where the network is cut; nothing is left on the manager meanwhile, nor on the other once it is mended. */
  async function cutting(): Promise<VerdictDocument> {
    const document = await losing(engines(), () => engines().cut());
    try {
      await assertNothingLeft(engines(), false);
    } finally {
      await engines().mend();
    }
    await assertNothingLeft(engines());
    return document;
  }

  /** A lab that loses something once all users have settled. Gives its document. */
  async function losing(
    over: TwoEngines,
    lose: (over: TwoEngines) => Promise<unknown>,
  ): Promise<VerdictDocument> {
    const args = ['run', ...LOAD, '--no-fix', '--runtime', 'swarm', '--json', '--runs', folder()];
    const { ended, result } = startOver(over, args);
    const settled = () => result.stderr.includes(`${ROOM} open  ${USERS - ROOM} failed`) || undefined;
    if (!(await retryUntil(settled, { everyMs: 20, forMs: 30_000 }))) assert.fail(result.stderr);
    await lose(over);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 1, stderr);
    const document: VerdictDocument = JSON.parse(stdout);
    assert.equal(document.complete, false);
    return document;
  }

  function assertFleetsLost({ lost = [], users, parts, verdicts, path }: VerdictDocument, how: RegExp): void {
    assert.ok(lost.length > 0);
    for (const one of lost) {
      assert.deepEqual([one.role, one.where], ['robots', 'node2']);
      assert.match(one.how, how);
    }
    const told = readFileSync(join(path as string, 'users.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    const others = told
      .map((line) => JSON.parse(line) as UserLine)
      .filter(({ outcome }) => outcome === 'other');
    const gone = lost.flatMap(({ number }) => parts?.fleets.filter(({ source }) => source === number) ?? []);
    for (const { id } of others)
      assert.ok(
        gone.some(({ from, to }) => id >= from && id <= to),
        `user ${id}`,
      );
    const missed = lost.reduce((sum, one) => sum + one.users, 0);
    assert.equal(others.length, missed);
    assert.equal(users.open + users.failed + missed, USERS);
    assert.equal(users.failed, USERS - ROOM);
    const named = verdicts.filter(({ verdict }) => verdict !== 'refuted');
    assert.deepEqual(
      named.map(({ cause, verdict, explains }) => [cause, verdict, explains]),
      [['fd-exhaustion', 'confirmed', USERS - ROOM]],
    );
  }
});
