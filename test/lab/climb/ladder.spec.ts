import assert from 'node:assert/strict';
import { type Met, rungOf } from '../../../lab/climb/ladder.ts';
import { nextLoad } from '../../../lab/climb/next-load.ts';
import { DEFAULTS, type Settings } from '../../../lab/settings/schema.ts';

const MET: Met = {
  cause: 'fd-exhaustion',
  law: null,
  predicted: null,
  measured: 0,
  capacity: true,
  atRest: 23,
  sources: 1,
  users: 4300,
  early: true,
  perSecond: 1000,
  queue: undefined,
  own: undefined,
};
const TOP = { to: 100_000, nofile: 20_000 };

const rung = (met: Partial<Met>, settings: Partial<Settings> = {}, top = TOP) =>
  rungOf({ ...MET, ...met }, { ...DEFAULTS, ...settings }, top)?.change;

/** All rungs against one wall, from the reported settings up. */
function rungs(met: Partial<Met>, settings: Partial<Settings>, top = TOP): string[] {
  const fix = rungOf({ ...MET, ...met }, { ...DEFAULTS, ...settings }, top);
  return fix ? [fix.change, ...rungs(met, { ...settings, ...fix.settings } as Settings, top)] : [];
}

describe('climb: the ladder', () => {
  it('descriptors: nofile doubled up to what the machine allows, then gateways, no more than are needed', () => {
    assert.deepEqual(rungs({}, {}), [
      'nofile 4096 → 8192',
      'nofile 8192 → 16384',
      'nofile 16384 → 20000',
      'gateways 1 → 2',
      'gateways 2 → 4',
      'gateways 4 → 6',
    ]);
    assert.deepEqual(rungs({}, { nofile: 20_000 }, { ...TOP, to: 19_977 }), []);
    assert.deepEqual(rungs({}, { nofile: 20_000 }, { ...TOP, to: 19_978 }), ['gateways 1 → 2']);
  });

  it('ports: sources doubled, no more than the users of one gateway need', () => {
    const met = { cause: 'ephemeral-ports', predicted: 28_232 };
    assert.equal(rung(met), 'sources 1 → 2');
    assert.equal(rung({ ...met, sources: 2, predicted: 2 * 28_232 }), 'sources 2 → 4');
    assert.equal(
      rung({ ...met, sources: 2, predicted: 2 * 28_232 }, {}, { ...TOP, to: 60_000 }),
      'sources 2 → 3',
    );
    assert.equal(rung({ ...met, predicted: 2 * 28_232 }, { gateways: 2 }, { ...TOP, to: 56_464 }), undefined);
    assert.equal(rung({ cause: 'robots-nofile', predicted: 136 }, {}, { ...TOP, to: 400 }), 'sources 1 → 2');
  });

  it('a queue: backlog and somaxconn to what holds the load, whichever is shorter', () => {
    const met = { cause: 'accept-queue-drop', queue: 4088 };
    assert.equal(rung(met), 'backlog 511 → 4088');
    assert.equal(rung({ ...met, queue: 8176 }), 'backlog 511 → 8176, somaxconn 4096 → 8176');
  });

  it('where no queue helps, the ramp: half as long again as they were served in', () => {
    for (const cause of ['slow-accept', 'late-reset', 'app-timeout-or-panic'])
      assert.equal(rung({ cause }), 'ramp 0 → 7s');
    const slow = { cause: 'slow-accept' };
    assert.equal(rung({ ...slow, perSecond: undefined }), 'ramp 0 → 5s');
    assert.equal(rung({ ...slow, perSecond: undefined }, { ramp: '5s' }), 'ramp 5s → 10s');
    // Never less than half as long again as it is.
    assert.equal(rung({ ...slow, perSecond: 4300 }, { ramp: '10s' }), 'ramp 10s → 15s');
    assert.equal(rung({ ...slow, perSecond: 10 }, { ramp: '90s' }), 'ramp 90s → 120s');
    assert.equal(rung({ ...slow, perSecond: 10 }, { ramp: '120s' }), undefined);
    // Who was open for a while did not come too fast.
    assert.equal(rung({ ...slow, early: false }), undefined);
  });

  it('any other cause: its own fix, or none', () => {
    const own = { change: 'cpus 0.1 → 0', settings: { cpus: 0 } };
    assert.equal(rung({ cause: 'cpu-quota', own }), own.change);
    assert.equal(rung({ cause: 'cpu-quota' }), undefined);
  });

  it('an unknown one: slower users where they failed before they were open, else the same load again', () => {
    assert.equal(rung({ cause: 'unknown' }), 'ramp 0 → 7s');
    assert.equal(rung({ cause: 'unknown', early: false }), 'none is known: the same load again');
    assert.equal(rung({ cause: 'unknown' }, { ramp: '120s' }), 'none is known: the same load again');
  });
});

describe('climb: the next load', () => {
  it('is just beyond the wall that is expected, and never beyond the target', () => {
    assert.equal(nextLoad(41, 700), 49);
    assert.equal(nextLoad(4073, 100_000), 4277);
    assert.equal(nextLoad(4073, 4200), 4200);
    assert.equal(nextLoad(119_862, 100_000), 100_000);
  });

  it('twice as many where a wall that was expected was none, or none is expected', () => {
    assert.equal(nextLoad(4073, 100_000, 4277), 8554);
    assert.equal(nextLoad(undefined, 100_000), 4500);
    assert.equal(nextLoad(undefined, 100_000, 4500), 9000);
  });
});
