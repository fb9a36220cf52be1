import assert from 'node:assert/strict';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { together } from '../../../lab/evidence/together.ts';
import type { ProgressLine } from '../../../protocol/fleet-events.ts';
import { severalGateways } from '../run/several-gateways.ts';

const [first, second, third] = severalGateways({ users: 3000, failed: [0, 40, 0], ledger: true }) as [
  Evidence,
  Evidence,
  Evidence,
];
const ALL = [first, second, third];

describe('several gateways as one', () => {
  it('where there is one, are that', () => {
    assert.equal(together([first], first), first);
  });

  it('have the users of all by number, and all connections, as often as they are asked', () => {
    const { fleet, ledger, asked } = together(ALL, second);
    assert.equal(asked.users, 3000);
    const ids = () => fleet.users.map(({ id }) => id);
    assert.deepEqual(ids(), [...Array(3000).keys()]);
    assert.deepEqual(ids(), ids());
    assert.equal(fleet.users.length, 3000);
    assert.equal(fleet.users.filter(({ outcome }) => outcome !== 'open').length, 40);
    const servers = new Set(ledger.connections.map(({ local }) => local));
    assert.deepEqual([ledger.connections.length, [...servers].length], [3000, 3]);
  });

  it('have the rest of the one that is shown, and change none of them', () => {
    const before = structuredClone(second.ledger.witnesses);
    const all = together(ALL, second);
    assert.equal(all.observer, second.observer);
    assert.equal(all.gateway, second.gateway);
    assert.equal(all.fleet.done, second.fleet.done);
    assert.deepEqual(second.ledger.witnesses, before);
    assert.equal(second.asked.users, 1000);
  });

  it('have lost what any has lost, and are not whole where one could not be told of', () => {
    const { witnesses } = together(ALL, second).ledger;
    assert.equal(witnesses['ss -E']?.lost, 0 + 1 + 2);
    assert.equal(witnesses['ss -E']?.missing, undefined);
    const blind: Evidence = {
      ...third,
      ledger: {
        ...third.ledger,
        witnesses: {
          'ss -E': {
            ...({
              event: 'witness',
              at: 9,
              by: 'ss -E',
              lost: 0,
              missing: 'no ss',
              without: ['waits'],
            } as const),
            failedAccepts: { EMFILE: 3 },
            emfileAt: { first: 5, last: 7 },
          },
        },
      },
    };
    const told = together([first, blind, blind], first).ledger.witnesses['ss -E'];
    assert.equal(told?.missing, 'no ss');
    assert.deepEqual(told?.without, ['waits']);
    assert.deepEqual([told?.failedAccepts, told?.emfileAt], [{ EMFILE: 6 }, { first: 5, last: 7 }]);
  });

  it('tell at the moments of the one that is shown, with what the others had told by then and no more', () => {
    const [line] = first.fleet.progress as [ProgressLine];
    const at = (moments: [number, number][], from: Evidence): Evidence => ({
      ...from,
      fleet: { ...from.fleet, progress: moments.map(([when, open]) => ({ ...line, at: when, open })) },
    });
    const shown = at(
      [
        [10, 1],
        [20, 2],
        [30, 3],
      ],
      first,
    );
    const late = at(
      [
        [15, 100],
        [20, 200],
        [90, 900],
      ],
      second,
    );
    const none = at([], third);
    for (const order of [
      [shown, late, none],
      [none, late, shown],
    ])
      assert.deepEqual(
        together(order, shown).fleet.progress.map((one) => [one.at, one.open]),
        [
          [10, 1],
          [20, 202],
          [30, 203],
        ],
      );
  });
});
