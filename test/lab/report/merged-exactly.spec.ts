import assert from 'node:assert/strict';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { together } from '../../../lab/evidence/together.ts';
import { connectTimesChart } from '../../../lab/report/data/connect-times.ts';
import { connectCaption } from '../../../lab/report/html/captions.ts';
import { severalGateways } from '../run/several-gateways.ts';

/** Connect times of the users of each gateway, ms: what the whole has in the middle is in the middle of none. */
const TIMES = [
  Array.from({ length: 900 }, (_, index) => 1 + (index % 10)),
  Array.from({ length: 90 }, () => 200),
  Array.from({ length: 10 }, (_, index) => 3000 + index),
];

function partsOf(times: readonly number[][]): Evidence[] {
  return severalGateways({ users: 10 * times.length, failed: times.map(() => 0) }).map((evidence, index) => {
    const [user] = evidence.fleet.users;
    assert.ok(user);
    const users = (times[index] as number[]).map((connectedMs, id) => ({
      ...user,
      id,
      connectedMs,
      openMs: connectedMs + 1,
    }));
    return { ...evidence, fleet: { ...evidence.fleet, users } };
  });
}

const captionOf = (evidences: readonly Evidence[]) =>
  connectCaption(together(evidences, evidences[0] as Evidence), {}).text;

describe('times of users over several parts', () => {
  const several = partsOf(TIMES);

  it('have the percentiles of all users, and not those of percentiles', () => {
    const all = TIMES.flat().sort((a, b) => a - b);
    assert.deepEqual([all[500], all[990], all.at(-1)], [6, 3000, 3009]);
    assert.match(captionOf(several), /Half within 6 ms, 99 of 100 within 3.0 s, all within 3.0 s/);
  });

  it('are the same in whatever parts they came', () => {
    const one = partsOf([TIMES.flat()]);
    assert.equal(captionOf(several), captionOf(one));
    assert.equal(captionOf(several.toReversed()), captionOf(one));
    const charts = [several, one].map((parts) =>
      connectTimesChart(together(parts, parts[0] as Evidence).fleet.users, {}),
    );
    assert.deepEqual(charts[0], charts[1]);
  });
});
