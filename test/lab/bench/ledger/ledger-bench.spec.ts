import assert from 'node:assert/strict';
import { ledgerChoice, runLedgerTrials, whyNoLedger } from '../../../../lab/bench/ledger/ledger-bench.ts';
import type { LedgerTrial } from '../../../../lab/bench/ledger/ledger-trial.ts';
import { native } from '../../../../lab/runtimes/native.ts';
import { netns } from '../../../../lab/runtimes/netns.ts';
import { skip } from '../../../skip.ts';

/** Small ones: what is looked at is whether everything is counted, not how much it is. */
const SIZES = {
  elsewhere: { connections: 100, forMs: 400 },
  rate: { connections: 100, forMs: 400 },
  idle: { connections: 50, forMs: 200 },
  burst: { connections: 400, forMs: 300 },
  small: { connections: 2000, forMs: 300 },
};

describe('bench: the ledger, really', function () {
  this.timeout(120_000);
  let trials: LedgerTrial[];

  before(async function () {
    const why = (await netns.missing()) ?? whyNoLedger(netns, SIZES);
    if (why !== undefined) skip(this, why);
    for (const note of ledgerChoice(SIZES).notes) console.log(`      ${note}`);
    const { signal } = new AbortController();
    const observer = 'test/lab/bench/ledger/stand-in-observer.ts';
    trials = await runLedgerTrials({ runtime: netns, repeat: 1, signal, sizes: SIZES, observer });
  });

  const of = (load: string, ledger = 'ss') =>
    trials.find((trial) => trial.of.load === load && trial.of.ledger === ledger) as LedgerTrial;

  it('every connection is answered, and those that ended are told', () => {
    for (const trial of trials) assert.equal(trial.failed, 0, JSON.stringify(trial));
    assert.equal(of('rate').told, of('rate').opened);
    assert.ok(of('rate').opened > 100);
    assert.equal(of('elsewhere').told, of('elsewhere').opened);
    assert.equal(of('burst').told, 400);
  });

  it('without the ledger nobody tells, and nobody works for it', () => {
    assert.deepEqual([of('rate', 'off').told, of('rate', 'off').shares.ss], [0, 0]);
    assert.ok(of('rate').shares.ss > 0);
    assert.ok(of('rate', 'off').shares.server > 0 && of('rate', 'off').shares.client > 0);
  });

  it('with a small buffer some are not told', function () {
    const small = trials.find(({ of }) => of.load === 'small');
    if (small === undefined) skip(this, ledgerChoice(SIZES).notes.join('; '));
    assert.ok(small.told < small.opened, `${small.told} of ${small.opened}`);
  });

  it('is left out, with why, where there is no namespace of its own', () => {
    assert.match(whyNoLedger(native) ?? '', /--runtime netns/);
  });
});
