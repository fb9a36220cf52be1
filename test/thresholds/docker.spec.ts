import { testcontainers } from '../containers/runtime.ts';
import { skipWhenMissing } from '../skip.ts';
import { isDrawn } from '../whole.ts';
import { lawSuite } from './laws.ts';
import { LIMITS, thresholdSuite } from './spec.ts';

describe('thresholds on docker, through testcontainers', function () {
  this.timeout(120_000);
  skipWhenMissing(testcontainers);
  thresholdSuite(
    testcontainers,
    3,
    LIMITS.filter((_, index) => isDrawn(index, 2)),
  );
  // Each law in namespaces: what is docker's own is that the settings are in force there.
  lawSuite(testcontainers, 3, { queues: 6, others: 2 });
});
