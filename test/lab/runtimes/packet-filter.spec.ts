import assert from 'node:assert/strict';
import { UsageError } from '../../../common/errors.ts';
import { groupOutcomes } from '../../../lab/facts/facts.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { Runtime } from '../../../lab/runtimes/runtime.ts';
import { inPath } from '../../../system/tools.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { measured, small } from './stage.ts';

const refuses = (runtime: Runtime, item: string, says: RegExp) =>
  assert.rejects(runtime.check(small(item)), (error: Error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, says);
    return true;
  });

describe('packet_filter and way_back', function () {
  this.timeout(40_000);

  it('native refuses both by name: it would be the host', async () => {
    await refuses(
      native,
      'packet_filter=drop',
      /^--set: packet_filter=drop: .*allowed: none, or --runtime netns$/,
    );
    await refuses(
      native,
      'way_back=other',
      /^--set: way_back=other: .*allowed: same, or --runtime netns with one gateway and one source$/,
    );
  });

  describe('on netns', () => {
    skipWhenMissing(netns);

    it('without nft the filter is refused in one line that says how to get it', async () => {
      const { PATH } = process.env;
      try {
        process.env.PATH = '/nowhere';
        await refuses(netns, 'packet_filter=drop', /nft is not installed.*apt-get install nftables$/);
      } finally {
        process.env.PATH = PATH;
      }
    });

    for (const [word, fared] of [
      ['drop', 'timeout connect null'],
      ['reject', 'refused connect ECONNREFUSED'],
      ['reset', 'refused connect ECONNREFUSED'],
      ['cut', 'reset upgrade ECONNRESET'],
    ] as const)
      it(`${word}: who comes beyond it reads ${fared}`, async function () {
        if (!inPath('nft')) skip(this, 'nft is not installed; get it with: apt-get install nftables');
        const evidence = await measured(
          netns,
          `packet_filter=${word}`,
          'filter_beyond=4',
          'users=7',
          'connect_timeout_ms=1500',
          'ramp=300ms',
        );
        const groups = groupOutcomes(evidence.fleet.users).map(
          ({ outcome, stage, errno, count }) => `${count} ${outcome} ${stage} ${errno}`,
        );
        assert.deepEqual(groups.sort(), [`3 ${fared}`, '4 open open null'].sort());
      });

    for (const [rpFilter, open] of [
      [0, 6],
      [1, 3],
      [2, 6],
    ] as const)
      it(`rp_filter=${rpFilter} with another way back: ${open} of 6 get in`, async () => {
        const evidence = await measured(
          netns,
          'way_back=other',
          `rp_filter=${rpFilter}`,
          'users=6',
          'connect_timeout_ms=1500',
        );
        assert.equal(evidence.fleet.done?.open, open);
      });
  });
});
