import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { isDrawn } from '../whole.ts';
import { lawSuite } from './laws.ts';
import { LIMITS, thresholdSuite } from './spec.ts';

describe('thresholds on netns', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  // The other half is run on native, and on docker.
  thresholdSuite(
    netns,
    2,
    LIMITS.filter((_, index) => isDrawn(index + 1, 2)),
  );
  lawSuite(netns, 4, { queues: 3, others: 1 });
});
