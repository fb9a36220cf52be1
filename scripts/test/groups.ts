const inRooms = (...rooms: string[]) => rooms.map((room) => `test/${room}/**/*.spec.ts`);
const diagnosing = (...names: string[]) => names.map((name) => `test/diagnose/${name}.spec.ts`);

const situation = (kind: string) => (name: string) => [`test/situations/${kind}/${name}.spec.ts`];

/** The spec files of each step in groups, of those of a step the longest first: patterns from the project's folder. */
export const FILES = {
  unit: [
    inRooms('lab/evidence'),
    inRooms('package'),
    inRooms('robots'),
    inRooms('gateway', 'lab/compare'),
    inRooms('lab/cli'),
    inRooms('lab/runtimes'),
    inRooms('lab/troubleshoot', 'lab/darwin'),
    inRooms('lab/threshold'),
    inRooms('lab/climb'),
    inRooms('lab/bench'),
    inRooms('lab/run', 'lab/report'),
    inRooms('lab/sweep'),
    inRooms('scripts'),
    ['test/docs-run.spec.ts'],
  ],
  report: ['test/lab/report/page.spec.ts'],
  netns: ['test/thresholds/netns.spec.ts'],
  native: ['test/thresholds/native.spec.ts'],
  model: ['test/thresholds/model/model.spec.ts'],
  diagnose: {
    named: [
      diagnosing('threshold'),
      diagnosing('url'),
      diagnosing('go', 'node'),
      diagnosing('comings', 'python'),
      diagnosing('which-server', 'redis'),
    ],
    healthy: ['[f-h]', '[i-z]', '[a-e]'].map((first) => diagnosing(`healthy/${first}*`)),
    others: ['test/diagnose/*.spec.ts'],
  },
  // The healthy ones are the quick form, and the others come with `--whole`; the longest first.
  situations: {
    healthy: ['remote-short', 'tls*', 'health-check', 'noisy*', 'deferred*'].map(situation('healthy')),
    faults: [
      'packet-filter',
      'killed*',
      'one-of*',
      'dead*',
      'upstream-ports',
      'process*',
      'descriptor*',
      'upstream-queue',
      'early*',
      'queue-each',
      'worker-ends',
    ].map(situation('faults')),
  },
  exam: ['test/exam/netns.spec.ts', 'test/exam/strangers.spec.ts'],
  docker: [
    ['test/thresholds/docker.spec.ts'],
    ['limits', 'nginx', 'url'].map((name) => `test/library/docker/${name}.spec.ts`),
    ['test/diagnose/docker.spec.ts', 'test/diagnose/docker/*.spec.ts'],
    ['example', 'threshold'].map((name) => `test/library/docker/${name}.spec.ts`),
    [
      'test/lab/runtimes/docker.spec.ts',
      'test/lab/runtimes/clean-docker.spec.ts',
      'test/lab/runtimes/docker/base-image.spec.ts',
      'test/lab/runtimes/docker/ledger.spec.ts',
      'test/lab/runtimes/docker/several.spec.ts',
      'test/exam/docker.spec.ts',
    ],
  ],
  k6: {
    netns: ['test/thresholds/k6-netns.spec.ts', 'test/lab/bench/k6.spec.ts'],
    docker: ['test/thresholds/k6-docker.spec.ts'],
  },
  compose: ['test/compose.spec.ts'],
  swarm: inRooms('swarm'),
};

/** The specs of other steps, which are none of `unit`. */
export const NOT_UNIT = [
  'test/thresholds/**',
  'test/exam/**',
  'test/diagnose/**',
  'test/situations/**',
  ...FILES.docker.flat(),
  ...FILES.compose,
  ...FILES.swarm,
  ...FILES.report,
  ...FILES.k6.netns,
];

/** So many groups run side by side: most of what they take is waiting, and a few processors are enough for it. */
export const LANES = {
  unit: 4,
  netns: 2,
  diagnose: 3,
  situations: 3,
  docker: 2,
  k6: 1,
  compose: 1,
  swarm: 1,
};
