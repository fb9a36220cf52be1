import assert from 'node:assert/strict';
import { netns } from '../../../lab/runtimes/netns.ts';
import type { ThresholdsDocument } from '../../../lab/threshold/threshold-document.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, scratch } from '../cli/lab.ts';

/** One of these alone in the quick form. */
const drawn = oneIn(2);

describe('lab threshold: several gateways and sources', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);
  const folder = scratch();

  for (const [vary, alone, law, sum] of [
    ['gateways', 'nofile=64', 'descriptors', /^sum over 3 gateways: nofile - /],
    ['sources', 'ip_local_port_range=40000-40019', 'ports', /ip_local_port_range/],
  ] as const)
    drawn(`${vary}=1,2,3 with ${alone}: that many times as many, measured as predicted`, async () => {
      const args = ['--vary', `${vary}=1,2,3`, '--set', alone, '--runs', folder(), '--json'];
      const { code, stdout, stderr } = await lab(['threshold', '--runtime', 'netns', ...args]);
      assert.equal(code, 0, stderr);
      const { points } = JSON.parse(stdout) as ThresholdsDocument;
      const [one] = points;
      const each = one?.measured ?? 0;
      assert.ok(each > 0);
      assert.deepEqual(
        points.map(({ value, measured, predicted, limitedBy, limit }) => [
          value,
          measured,
          predicted,
          limitedBy,
          limit,
        ]),
        [1, 2, 3].map((times) => [String(times), times * each, times * each, law, 'capacity']),
      );
      assert.match(points.at(-1)?.law ?? '', sum);
    });
});
