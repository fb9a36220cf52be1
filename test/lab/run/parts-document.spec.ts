import assert from 'node:assert/strict';
import { fileLabLine } from '../../../lab/evidence/collect.ts';
import { partRows } from '../../../lab/report/text/part-rows.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { partsDocument } from '../../../lab/run/parts-document.ts';
import { verdictDocument } from '../../../lab/run/verdict-document.ts';
import type { PartClock } from '../../../lab/runtimes/runtime.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import { INTERRUPTED } from '../../../robots/outcome.ts';
import { assertDocument, asWritten } from '../schemas/documents.ts';
import { type Several, severalGateways } from './several-gateways.ts';

const documentOf = (several: Several) =>
  verdictDocument('run', judgeEach(severalGateways(several)), null, null);

describe('the parts of a run', () => {
  it('are none where there is one gateway and one source', () => {
    assert.equal(documentOf({ users: 100, failed: [0] }).parts, undefined);
  });

  it('are each gateway in its own numbers, which add up to those of the run', () => {
    const document = documentOf({ users: 10_001, failed: [0, 130, 7], ledger: true });
    const { gateways = [], fleets = [] } = document.parts ?? {};
    assert.deepEqual(
      gateways.map(({ number, users }) => [number, users.asked, users.open, users.failed]),
      [
        [1, 3333, 3333, 0],
        [2, 3334, 3204, 130],
        [3, 3334, 3327, 7],
      ],
    );
    for (const part of ['asked', 'open', 'failed'] as const)
      for (const parts of [gateways, fleets])
        assert.equal(
          parts.reduce((sum, { users }) => sum + users[part], 0),
          document.users[part],
          part,
        );
    assert.deepEqual(
      gateways.map(({ threshold: { measured, atLeast } }) => [measured, atLeast]),
      [
        [3333, true],
        [3204, false],
        [3327, false],
      ],
    );
    assert.equal(document.threshold.measured, 3333 + 3204 + 3327);
    assert.deepEqual(
      gateways.map(({ bets: { placed, acked } }) => [placed, acked]),
      [
        [3333, 3333],
        [3204, 3204],
        [3327, 3327],
      ],
    );
    assert.deepEqual(
      gateways.map(({ ledger }) => [ledger.connections, ledger.lost]),
      [
        [3333, 0],
        [3334, 1],
        [3334, 2],
      ],
    );
    assert.ok(gateways.every(({ nofile, descriptorsAtRest, rss }) => nofile && descriptorsAtRest && rss));
  });

  it('are each fleet, from each source to each gateway, by the numbers of its users', () => {
    const { fleets = [] } = documentOf({ users: 1000, failed: [300, 0], sources: 3 }).parts ?? {};
    assert.deepEqual(
      fleets.map(({ gateway, source, from, to, users }) => [
        gateway,
        source,
        from,
        to,
        users.asked,
        users.failed,
      ]),
      [
        [1, 1, 0, 165, 166, 166],
        [1, 2, 166, 332, 167, 134],
        [1, 3, 333, 499, 167, 0],
        [2, 1, 500, 665, 166, 0],
        [2, 2, 666, 832, 167, 0],
        [2, 3, 833, 999, 167, 0],
      ],
    );
  });

  it('are there as well where one gateway has users from several sources', () => {
    const { parts } = documentOf({ users: 100, failed: [0], sources: 2 });
    assert.deepEqual([parts?.gateways.length, parts?.fleets.length], [1, 2]);
  });

  it('of a run that was cut short: who was cut short has not failed, by any of them', () => {
    const evidences = severalGateways({ users: 60, failed: [10, 0], sources: 2 });
    for (const { fleet } of evidences) {
      fleet.users.push(CUT);
      delete fleet.done;
    }
    const parts = partsDocument(judgeEach(evidences));
    assert.deepEqual(
      parts?.gateways.map(({ users }) => users.failed),
      [10, 0],
    );
    assert.deepEqual(
      parts?.fleets.map(({ source, users }) => [source, users.failed]),
      [
        [1, 10],
        [2, 0],
        [1, 0],
        [2, 0],
      ],
    );
  });

  it('began at the first connect of each fleet, be it of one that came back, and so far apart', () => {
    const evidences = severalGateways({ users: 60, failed: [0, 0], sources: 2 });
    const clocks: PartClock[] = [
      { role: 'robots', number: 0, where: 'a', aheadMs: 5, afterMs: 5, errorMs: 0.1 },
      { role: 'robots', number: 1, where: 'b', aheadMs: -5, afterMs: -5, errorMs: 0.44 },
    ];
    for (const evidence of evidences) {
      const lines = evidence.fleet.users.map((user) => {
        const startedAt = 1000 + 10 * Math.floor(user.id / 15) + user.id / 100;
        const first = { outcome: 'reset', stage: 'open', startedAt: 990, endedMs: 5 } as const;
        return { ...user, startedAt, ...(user.id === 20 && { earlier: [first] }) };
      });
      evidence.fleet.users = [...lines, { ...CUT, id: 59 }];
      fileLabLine(evidence, { event: 'clocks', at: 1, clocks });
    }
    const parts = partsDocument(judgeEach(evidences));
    assert.deepEqual(
      parts?.fleets.map(({ firstConnectAt, lastConnectAt }) => [firstConnectAt, lastConnectAt]),
      [
        [1000, 1000.14],
        [990, 1010.29],
        [1020.3, 1020.44],
        [1030.45, 1030.59],
      ],
    );
    assert.equal(parts?.skewMs, 40.5, '990 to 1030.45, to a tenth');
    assert.deepEqual(
      partRows(parts).find(([label]) => label === 'start'),
      ['start', 'fleets began within 40.5 ms of each other (clocks known to ±0.4 ms)'],
    );
    assert.deepEqual(
      parts?.clocks?.map(({ number }) => number),
      [1, 2],
    );
  });

  it('are as the published schema has them', () => {
    assertDocument(
      'verdict',
      asWritten(documentOf({ users: 1000, failed: [0, 30], sources: 2, ledger: true })),
    );
  });
});

/** Somebody who had begun when it was cut short. */
const CUT: UserLine = {
  event: 'user',
  id: 0,
  outcome: 'other',
  stage: 'connect',
  detail: INTERRUPTED,
  startedAt: 1,
  bets: { placed: 0, acked: 0, rejected: 0 },
};
