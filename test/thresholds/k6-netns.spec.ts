import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { crossSuite, skipWithoutK6 } from './k6.ts';

describe('k6 on netns', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithoutK6(netns);
  crossSuite(netns, 4, 1);
});
