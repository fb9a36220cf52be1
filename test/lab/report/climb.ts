import type { ClimbDocument, ClimbLoad, ClimbStep } from '../../../lab/climb/climb-document.ts';

const HOST = { os: 'linux', kernel: '6.18.0', node: 'v24.0.0' };
const DESCRIPTORS = 'nofile - descriptors at rest numbered below nofile';

function step(users: number, wall: string, measured: number, more: Partial<ClimbStep> = {}): ClimbStep {
  return {
    users,
    wall,
    law: DESCRIPTORS,
    predicted: measured,
    measured,
    fix: null,
    settings: { nofile: 4096, backlog: 511 },
    wallMs: 4200,
    ...more,
  };
}

function load(users: number, open: number, more: Partial<ClimbLoad> = {}): ClimbLoad {
  return {
    users,
    open,
    gateways: 1,
    sources: 1,
    wallMs: 4200,
    userBytes: 21_000 * open,
    kernelBytes: 11_000 * open,
    cpuMicros: 900 * open,
    ...more,
  };
}

/** A climb to its target over four walls, one of which no law knows. */
export function climbed(more: Partial<ClimbDocument> = {}): ClimbDocument {
  return {
    schema: 1,
    name: 'climb',
    complete: true,
    host: HOST,
    runtime: 'netns',
    driver: 'robots',
    seed: 1,
    to: 100_000,
    steps: [
      step(4500, 'fd-exhaustion', 4072, { fix: 'nofile 4096 → 8192' }),
      step(9000, 'accept-queue-drop', 7011, {
        law: 'rate',
        predicted: 7050,
        fix: 'backlog 511 → 4096; somaxconn 511 → 4096',
        settings: { nofile: 8192, backlog: 511 },
      }),
      step(22_000, 'fd-exhaustion', 19_976, {
        fix: 'gateways 1 → 2',
        settings: { nofile: 20_000, backlog: 4096 },
      }),
      step(60_000, 'unknown', 56_100, { law: null, predicted: null, fix: 'sources 1 → 2' }),
    ],
    reached: 100_000,
    end: 'all 100000 users open',
    loads: [
      load(4500, 4072),
      load(9000, 7011),
      load(22_000, 19_976),
      load(60_000, 56_100, { gateways: 3, sources: 1, kernelBytes: null }),
      load(100_000, 100_000, { gateways: 6, sources: 2 }),
    ],
    paper: {
      predicted: true,
      users: 1_000_000,
      gateways: 51,
      nofile: 20_000,
      descriptors: 2_001_224,
      sources: 1,
      ports: 28_232,
      userBytes: { value: 21 * 2 ** 30, error: 0.31 * 2 ** 30 },
      kernelBytes: { value: 11 * 2 ** 30, error: 1.24 * 2 ** 30 },
      cpuSeconds: { value: 912.4, error: 14.2 },
      machines: { value: 1.33, error: 0.053 },
      machineBytes: 24 * 2 ** 30,
      basis: [
        'gateways: 1000000 users / (nofile 20000 - 24 descriptors at rest), rounded up',
        'memory in the kernel: 11.00 ± 0.01 KiB a user by the line of least squares through 4 loads',
      ],
    },
    path: null,
    ...more,
  };
}

/** One that ended at a wall which the machine cannot move. */
export function atAWall(): ClimbDocument {
  const { steps } = climbed();
  const wall = 'memory-kill';
  const last = step(60_000, wall, 51_000, { law: null, predicted: null });
  const end = `${wall}: nothing that this machine has moves it`;
  return climbed({ steps: [...steps.slice(0, 3), last], reached: 51_000, end });
}

/** One that was interrupted before the first load was over: nothing is known. */
export function interrupted(): ClimbDocument {
  const { paper } = climbed();
  const nothing = {
    userBytes: null,
    kernelBytes: null,
    cpuSeconds: null,
    machines: null,
    machineBytes: null,
  };
  return climbed({
    complete: false,
    steps: [],
    loads: [],
    reached: 0,
    end: 'interrupted',
    paper: { ...paper, ...nothing, basis: [] },
  });
}
