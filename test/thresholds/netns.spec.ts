import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { WHOLE } from '../whole.ts';
import { lawSuite } from './laws.ts';
import { thresholdSuite } from './spec.ts';

describe('thresholds on netns', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  thresholdSuite(netns, 2);
  lawSuite(netns, 4, WHOLE ? 'whole' : 'quick');
});
