import assert from 'node:assert/strict';
import { readSettings, SettingsError, toEnvironment } from '../../robots/robots-settings.ts';
import { Fleet } from './tools.ts';

describe('settings of the fleet', () => {
  it('has a value for everything that is not set or empty', () => {
    const settings = readSettings({ USERS: '', SEED: '7' });
    assert.equal(settings.TARGET_HOST, '127.0.0.1');
    assert.equal(settings.USERS, 4500);
    assert.equal(settings.BETTING, 'herd');
    assert.equal(settings.RAMP, 0);
    assert.equal(settings.SEED, 7);
    assert.deepEqual(settings.SOURCE_ADDRESSES, []);
  });

  for (const [text, ms] of [
    ['0', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['2m', 120_000],
  ] as const) {
    it(`RAMP=${text} is ${ms} ms`, () => assert.equal(readSettings({ RAMP: text }).RAMP, ms));
  }

  for (const [name, value] of [
    ['USERS', '0'],
    ['USERS', '-1'],
    ['USERS', '4500.5'],
    ['USERS', 'many'],
    ['TARGET_PORT', '65536'],
    ['TARGET_HOST', 'a b'],
    ['RAMP', '10'],
    ['RAMP', '10 s'],
    ['RAMP', '99999m'],
    ['BETTING', 'rating'],
    ['SOURCE_ADDRESSES', '127.0.0.1,localhost'],
    ['LIFELINE', 'stdout'],
  ] as const) {
    it(`refuses ${name}=${value}, with name, value and what is allowed`, () => {
      assert.throws(
        () => readSettings({ [name]: value }),
        (error: Error) => {
          assert.ok(error instanceof SettingsError);
          assert.match(error.message, new RegExp(`^${name}="${value}" is not allowed: .+`));
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }

  it('says what is allowed of each kind of setting', () => {
    for (const [name, allowed] of [
      ['RAMP', '0 (all at once) or a duration like 500ms, 10s or 1m, at most 24 days'],
      ['BETTING', 'herd or paced or racing'],
      ['LIFELINE', 'nothing or stdin'],
      ['TARGET_HOST', 'an address or a host name'],
      ['CONNECT_TIMEOUT_MS', 'a whole number from 1 to 2147483647'],
    ] as const)
      assert.throws(() => readSettings({ [name]: '?!' }), {
        message: `${name}="?!" is not allowed: ${allowed}`,
      });
  });

  it('names every fault at once', () => {
    assert.throws(() => readSettings({ USERS: 'x', SEED: 'y' }), /USERS="x".*; SEED="y"/);
  });

  it('comes back from its own environment', () => {
    const settings = readSettings({ RAMP: '1.5s', SOURCE_ADDRESSES: '127.0.0.2, 127.0.0.3', USERS: '12' });
    assert.deepEqual(readSettings(toEnvironment(settings)), settings);
  });

  it('ends the process with code 2 and one line, before anything is written to stdout', async () => {
    await using fleet = new Fleet({ USERS: 'x' });
    const { code, stderr, report } = await fleet.ended;
    assert.equal(code, 2);
    assert.match(stderr, /^robots: USERS="x" is not allowed: a whole number from 1 to 1000000\n$/);
    assert.deepEqual(report.lines, []);
  });

  it('says so when the host has no address', async () => {
    await using fleet = new Fleet({ TARGET_HOST: 'nowhere.invalid', USERS: 1 });
    const { code, stderr } = await fleet.ended;
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^robots: TARGET_HOST="nowhere.invalid" is not allowed: it has no address \(\w+\)\n$/,
    );
  });

  it('says so when a source address is not of this machine', async () => {
    await using fleet = new Fleet({ SOURCE_ADDRESSES: '203.0.113.1', USERS: 1 });
    const { code, stderr } = await fleet.ended;
    assert.equal(code, 2);
    assert.match(stderr, /^robots: SOURCE_ADDRESSES="203.0.113.1" is not allowed: .*\n$/);
  });
});
