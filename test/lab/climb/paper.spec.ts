import assert from 'node:assert/strict';
import type { ClimbLoad } from '../../../lab/climb/climb-document.ts';
import { lineThrough } from '../../../lab/climb/line.ts';
import { paperOf } from '../../../lab/climb/paper.ts';

const MACHINE = { nofile: 20_000, atRest: 23, ports: 28_232, bytes: 24 * 2 ** 30 };

const load = (open: number, more: Partial<ClimbLoad> = {}): ClimbLoad => ({
  users: open,
  open,
  gateways: 1,
  sources: 1,
  wallMs: 1000,
  userBytes: 100e6 + 30_000 * open,
  kernelBytes: 10_000 * open,
  cpuMicros: 1000 * open,
  ...more,
});

describe('climb: the line through its loads', () => {
  // Anscombe's first quartet (1973): R's lm() gives slope 0.5001 ± 0.1179 and intercept 3.0001 ± 1.1247.
  const X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  const line = lineThrough(X.map((x, index) => ({ x, y: Y[index] as number })));

  it('has the slope and the errors of least squares', () => {
    assert.ok(line);
    const near = (value: number, wanted: number) => assert.ok(Math.abs(value - wanted) < 1e-4, `${value}`);
    near(line.slope.value, 0.500091);
    near(line.slope.error, 0.117906);
    near(line.at(0).value, 3.000091);
    near(line.at(0).error, 1.124747);
  });

  it('is none through two points, or through points at one place', () => {
    assert.equal(
      lineThrough([
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ]),
      undefined,
    );
    assert.equal(lineThrough([1, 2, 3].map((y) => ({ x: 1, y }))), undefined);
  });
});

describe('climb: a million users on paper', () => {
  const loads = [4000, 8000, 16_000].map((open) => load(open));

  it('by the laws and the lines, with their errors', () => {
    const paper = paperOf(loads, MACHINE);
    assert.equal(paper.predicted, true);
    assert.deepEqual(
      [paper.users, paper.gateways, paper.descriptors, paper.sources, paper.ports],
      [1_000_000, 51, 2_000_000 + 51 * 23, 1, 28_232],
    );
    assert.equal(Math.round(paper.userBytes?.value ?? 0), 30_100_000_000);
    assert.equal(Math.round(paper.kernelBytes?.value ?? 0), 10_000_000_000);
    assert.equal(Math.round(paper.cpuSeconds?.value ?? 0), 1000);
    assert.ok(Math.abs((paper.machines?.value ?? 0) - 40.1e9 / MACHINE.bytes) < 1e-6);
    assert.ok((paper.userBytes?.error ?? 1) < 1, 'points on a line leave no error');
    assert.match(paper.basis.join('\n'), /29\.30 ± 0\.00 KiB a user .* 3 loads/);
  });

  it('has an error where the loads scatter', () => {
    const paper = paperOf([...loads, load(12_000, { userBytes: 600e6 })], MACHINE);
    assert.ok((paper.userBytes?.error ?? 0) > 1e9, `${paper.userBytes?.error}`);
    const ofMachines = (paper.machines?.error ?? 0) * MACHINE.bytes;
    assert.ok(Math.abs(ofMachines / (paper.userBytes?.error ?? 1) - 1) < 1e-6, `${ofMachines}`);
  });

  it('leaves out what the loads do not tell, and what it would make', () => {
    const unseen = paperOf(
      loads.map((one) => ({ ...one, kernelBytes: null })),
      { ...MACHINE, bytes: null },
    );
    assert.deepEqual([unseen.kernelBytes, unseen.machines, unseen.machineBytes], [null, null, null]);
    assert.notEqual(unseen.userBytes, null);
    assert.equal(paperOf(loads.slice(0, 2), MACHINE).userBytes, null);
  });

  it('nothing is drawn from loads that scatter more than they grow', () => {
    const noisy = loads.map((one, index) => ({ ...one, kernelBytes: [50e6, -40e6, 60e6][index] as number }));
    assert.equal(paperOf(noisy, MACHINE).kernelBytes, null);
  });

  it('sources: where one gateway has more users than one address has ports', () => {
    const paper = paperOf(loads, { ...MACHINE, nofile: 100_000 });
    assert.deepEqual([paper.gateways, paper.sources], [11, 4]);
  });
});
