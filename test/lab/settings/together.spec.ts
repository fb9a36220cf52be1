import assert from 'node:assert/strict';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { checkTogether } from '../../../lab/settings/together.ts';

const check = (...given: string[]) => checkTogether(resolveSettings([fromFlags(given)], {}));

describe('settings: what needs another', () => {
  for (const [alone, partner, allowed] of [
    ['waiting=5', 'stop_ms=100', '0, or with stop_ms above 0'],
    ['cap_silent=1', 'max_connections=9', '0, or with max_connections above 0'],
    ['proxy_nofile=99', 'via=published', 'nothing, or with via=published'],
    ['requests=3', 'kind=http', '1, or with kind=http'],
    ['restart_drain_ms=9', 'restart_at_users=1', '0, or with restart_at_users above 0'],
  ] as const) {
    it(`${alone} is refused alone and taken with ${partner}`, () => {
      assert.throws(() => check(alone), {
        message: `--set: ${alone}: does nothing here; allowed: ${allowed}`,
      });
      check(alone, partner);
    });
  }

  it('takes what a file with every default gives', () => check('waiting=0', 'requests=1', 'cap_silent=0'));
});
