import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { readSettings, SettingsError } from '../../gateway/gateway-settings.ts';
import { Gateway } from './tools.ts';

describe('gateway settings', () => {
  it('have a preset for everything', () => {
    const settings = readSettings({});
    assert.equal(settings.PORT, 8080);
    assert.equal(settings.BACKLOG, 511);
    assert.equal(settings.MAX_BUFFERED, 1_048_576);
    assert.equal(settings.LIFELINE, '');
  });

  it('take a variable that is empty for one that is not set', () => {
    assert.equal(readSettings({ PORT: '' }).PORT, 8080);
  });

  it('take what is allowed to the gateway alone: any port that is free, and short rounds', () => {
    const { PORT, ROUND_MS } = readSettings({ PORT: '0', ROUND_MS: '50' });
    assert.deepEqual([PORT, ROUND_MS], [0, 50]);
  });

  for (const [name, value, allowed] of [
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '0x50', 'a whole number from 0 to 65535'],
    ['BACKLOG', '0', 'a whole number from 1 to 65535'],
    ['ROUND_MS', '1e3', 'a whole number from 1 to 86400000'],
    ['LIFELINE', 'stdout', "'stdin' or nothing"],
    ['BET_COST_MS', '0.25', 'a whole number from 0 to 10000'],
    ['HOST', 'a b', 'an address or a host name'],
  ] as const) {
    it(`refuse ${name}=${value}, and say what is allowed`, () => {
      assert.throws(
        () => readSettings({ [name]: value }),
        (error) =>
          error instanceof SettingsError && error.message === `${name}="${value}" is not allowed: ${allowed}`,
      );
    });
  }

  it('end the process with code 2 and one line', async () => {
    const { code, stderr } = await new Gateway({ ROUND_MS: 'soon', PAUSE_MS: '-' }).ended;
    assert.equal(code, 2);
    assert.match(stderr, /^gateway: ROUND_MS="soon" is not allowed: .*; PAUSE_MS="-" is not allowed: .*\n$/);
  });

  it('name the port that is taken, and end with code 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { code, stderr } = await new Gateway({ PORT: port }).ended;
    other.close();
    assert.equal(code, 2);
    assert.equal(
      stderr,
      `gateway: cannot listen on HOST=127.0.0.1 PORT=${port}: the port is taken; choose another PORT, or 0 for any\n`,
    );
  });
});
