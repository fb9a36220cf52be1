import { native } from '../../lab/runtimes/native.ts';
import { skipWhenMissing } from '../skip.ts';
import { thresholdSuite } from './spec.ts';

describe('thresholds on native', function () {
  this.timeout(60_000);
  skipWhenMissing(native);
  thresholdSuite(native, 2);
});
