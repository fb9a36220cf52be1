import { native } from '../../lab/runtimes/native.ts';
import { thisHost } from '../../system/host.ts';
import { skipWhenMissing } from '../skip.ts';
import { isDrawn } from '../whole.ts';
import { LIMITS, thresholdSuite } from './spec.ts';

/** A Mac has 16384 local ports for all, and each run may have to wait for those of the one before. */
const MAC = thisHost.platform === 'darwin';

describe('thresholds on native', function () {
  this.timeout(MAC ? 1_200_000 : 60_000);
  skipWhenMissing(native);
  // Each of them in namespaces: what is native's own is that a limit is in force there.
  const limits = LIMITS.filter((_, index) => isDrawn(index, 2));
  thresholdSuite(native, MAC ? 1 : 2, limits);
});
