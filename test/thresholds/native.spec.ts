import { native } from '../../lab/runtimes/native.ts';
import { thisHost } from '../../system/host.ts';
import { skipWhenMissing } from '../skip.ts';
import { thresholdSuite } from './spec.ts';

/** A Mac has 16384 local ports for all, and each run may have to wait for those of the one before. */
const MAC = thisHost.platform === 'darwin';

describe('thresholds on native', function () {
  this.timeout(MAC ? 1_200_000 : 60_000);
  skipWhenMissing(native);
  thresholdSuite(native, MAC ? 1 : 2);
});
