import assert from 'node:assert/strict';
import type { Ledger, LoadKind } from '../../../../lab/bench/ledger/ledger-case.ts';
import { ledgerGoals, ledgerNotes, ledgerRows } from '../../../../lab/bench/ledger/ledger-rows.ts';
import { ledgerTable } from '../../../../lab/bench/ledger/ledger-table.ts';
import type { LedgerTrial } from '../../../../lab/bench/ledger/ledger-trial.ts';
import type { Shares } from '../../../../lab/bench/ledger/snapshot.ts';

const QUIET: Shares = {
  server: 10,
  client: 15,
  observer: 1,
  ss: 0,
  tracer: 0,
  lab: 0.5,
  kernel: 0.5,
  machine: 30,
};

function trial(
  load: LoadKind,
  ledger: Ledger,
  shares: Partial<Shares>,
  rest: Partial<LedgerTrial> = {},
): LedgerTrial {
  return {
    of: { load, ledger, connections: 1000, forMs: 2000 },
    round: 0,
    shares: { ...QUIET, ...shares },
    peakBytes: ledger === 'off' ? 60e6 : 61e6,
    opened: 1000,
    failed: 0,
    lateMs: 5,
    told: ledger === 'off' ? 0 : 1000,
    lost: 0,
    tracedLost: 0,
    ...rest,
  };
}

describe('bench: rows of the ledger', () => {
  it('a cost is what comes beyond the same round without the ledger, whoever works it', () => {
    const [off, on] = ledgerRows([
      trial('rate', 'off', {}),
      trial('rate', 'ss', { observer: 2, ss: 1, kernel: 1, client: 15.5, machine: 34 }),
      // A round in which the machine was slow is slow for both.
      trial('rate', 'off', { server: 20, client: 30, machine: 60 }, { round: 1 }),
      trial(
        'rate',
        'ss',
        { observer: 2, ss: 1, kernel: 1, server: 20, client: 30, machine: 62 },
        { round: 1 },
      ),
    ]);
    assert.deepEqual(on?.cost.sum, { median: 2.75, least: 2.5, most: 3 });
    assert.deepEqual(on.cost.machine, { median: 3, least: 2, most: 4 });
    assert.deepEqual([on.cost.observer, on.cost.ss, on.cost.kernel, on.cost.load], [1, 1, 0.5, 0.25]);
    // 2.75 % of a core for 1000 connections a second.
    assert.equal(on.cpuMicrosPerUser, 27.5);
    assert.equal(on.bytesPerUser, 1000);
    assert.deepEqual([off?.cost.observer, off?.cpuMicrosPerUser], [1, null]);
  });

  it('what no witness told must be counted as lost', () => {
    const goals = (rest: Partial<LedgerTrial>) =>
      ledgerGoals(ledgerRows([trial('small', 'ss', {}, rest)])).map(({ value, reached }) => [value, reached]);
    assert.deepEqual(goals({}), [
      [0, null],
      [0, true],
    ]);
    assert.deepEqual(goals({ told: 900, lost: 100 }), [
      [100, null],
      [0, true],
    ]);
    assert.deepEqual(goals({ told: 900, lost: 30 }), [
      [100, null],
      [70, false],
    ]);
  });

  it('a burst loses nothing: neither told short, nor counted, nor in the trace', () => {
    for (const [rest, value] of [
      [{}, 0],
      [{ told: 999 }, 1],
      [{ lost: 2 }, 2],
      [{ tracedLost: 3 }, 3],
    ] as const) {
      const [goal] = ledgerGoals(ledgerRows([trial('burst', 'tracefs', {}, rest)]));
      assert.deepEqual([goal?.value, goal?.reached], [value, value === 0]);
    }
  });

  it('a row that is no measure says so', () => {
    const notes = (rest: Partial<LedgerTrial>) => ledgerNotes(ledgerRows([trial('rate', 'ss', {}, rest)]));
    assert.deepEqual(notes({}), []);
    for (const rest of [{ missing: 'ss -E: no ss' }, { told: 0 }, { failed: 3 }])
      assert.match(
        notes(rest)[0] ?? '',
        /^ledger, 1000 connections a second, without root: .*this row measures nothing$/,
      );
    assert.match(notes({ lateMs: 400 })[0] ?? '', /400 ms behind its rate/);
  });

  it('the table has a line for each', () => {
    const rows = ledgerRows([trial('rate', 'off', {}), trial('rate', 'ss', { ss: 2 })]);
    assert.equal(ledgerTable(rows).split('\n').length, 4);
    assert.match(ledgerTable(rows), /without root .* 2\.0 \(2\.0 to 2\.0\)/);
  });
});
