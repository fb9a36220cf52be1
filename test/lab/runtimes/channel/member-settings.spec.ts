import assert from 'node:assert/strict';
import { readMemberSettings } from '../../../../lab/runtimes/channel/member-settings.ts';

const ENV = { CHANNEL: 'lab:7000', CHANNEL_TOKEN: 't', MEMBER: 'robots' };

describe('the environment of a member of the channel', () => {
  it('is read', () => {
    assert.deepEqual(readMemberSettings(ENV), { lab: 'lab:7000', token: 't', kind: 'robots' });
    assert.deepEqual(readMemberSettings({ ...ENV, MEMBER_NUMBER: '3', MEMBER_NODE: 'node2' }), {
      lab: 'lab:7000',
      token: 't',
      kind: 'robots',
      number: 2,
      where: 'node2',
    });
  });

  for (const [name, value, message] of [
    ['CHANNEL', '', "CHANNEL: is not set; allowed: host:port of the lab's channel"],
    ['CHANNEL', 'lab', 'CHANNEL=lab: allowed: host:port'],
    ['CHANNEL_TOKEN', '', "CHANNEL_TOKEN: is not set; allowed: the token of the lab's channel"],
    ['MEMBER', 'bot', 'MEMBER=bot: allowed: gateway, robots, k6'],
    ['MEMBER_NUMBER', '0', 'MEMBER_NUMBER=0: allowed: a whole number from 1'],
  ] as const)
    it(`${name}=${value}: one line`, () => {
      assert.throws(() => readMemberSettings({ ...ENV, [name]: value }), { name: 'UsageError', message });
    });
});
