import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { examSuite } from './spec.ts';

describe('every cause, unlabelled', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);
  examSuite(netns, 4);
});
