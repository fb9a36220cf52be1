import { testcontainers } from '../containers/runtime.ts';
import { skipWhenMissing } from '../skip.ts';
import { WHOLE } from '../whole.ts';
import { lawSuite } from './laws.ts';
import { thresholdSuite } from './spec.ts';

describe('thresholds on docker, through testcontainers', function () {
  this.timeout(120_000);
  skipWhenMissing(testcontainers);
  thresholdSuite(testcontainers, 3);
  lawSuite(testcontainers, 3, WHOLE ? 'whole' : 'quick');
});
