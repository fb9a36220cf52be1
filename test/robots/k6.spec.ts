import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OUTCOMES } from '../../protocol/fleet-events.ts';
import { readSettings, sharesOf } from '../../robots/k6/k6-settings.ts';
import { readError } from '../../robots/k6/outcome.ts';
import { readSettings as readRobots } from '../../robots/robots-settings.ts';

/** As k6 2.2.0 said them on Linux; the close codes by the format of its library. */
const TEXTS: [string, boolean, string][] = [
  ['dial tcp 127.0.0.1:1: connect: connection refused', false, 'refused connect'],
  ['read tcp 127.0.0.1:59014->127.0.0.1:9126: read: connection reset by peer', false, 'reset upgrade 59014'],
  ['read tcp 127.0.0.1:49708->127.0.0.1:9128: read: connection reset by peer', true, 'reset open 49708'],
  ['websocket: bad handshake', false, 'protocol upgrade'],
  ['EOF', false, 'eof upgrade'],
  ['unexpected EOF', false, 'eof upgrade'],
  ['dial tcp 127.0.0.1:8080: connect: cannot assign requested address', false, 'no-port connect'],
  ['dial tcp 127.0.0.1:8080: socket: too many open files', false, 'no-fd connect'],
  ['dial tcp 10.0.0.1:8080: i/o timeout', false, 'timeout connect'],
  ['websocket: close 1006 (abnormal closure): unexpected EOF', true, 'eof open'],
  ['websocket: close 1001 (going away)', true, 'closed open'],
  ['something else', true, 'other open'],
];

describe('k6 scripts: what a text on a failed socket says', () => {
  for (const [text, open, expected] of TEXTS) {
    it(`${text}: ${expected}`, () => {
      const { outcome, stage, port } = readError(text, open);
      assert.equal([outcome, stage, port].filter((part) => part !== undefined).join(' '), expected);
    });
  }

  for (const [text, open, said] of [
    ['websocket: close 1008 (policy violation): too many users', true, 'too many users'],
    ['websocket: close 4009: go\naway', true, 'go\naway'],
    ['websocket: close 1001 (going away)', true, undefined],
    ['websocket: close 1006 (abnormal closure): unexpected EOF', true, undefined],
    ['malformed HTTP response "SSH-2.0-OpenSSH_9.6"', false, 'SSH-2.0-OpenSSH_9.6'],
    ['websocket: bad handshake', false, undefined],
  ] as const) {
    it(`${JSON.stringify(text)}: the server said ${JSON.stringify(said)}`, () => {
      assert.equal(readError(text, open).said, said);
    });
  }

  it('reads any text, and never as a user that is open', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (text, open) => {
        const told = readError(text, open);
        assert.ok(OUTCOMES.includes(told.outcome) && (told.outcome as string) !== 'open');
        assert.equal(told.stage === 'open', open);
        assert.equal(told.detail, text);
      }),
    );
  });

  it('finds the local port of either address family', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    );
    fc.assert(
      fc.property(address, fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
        const text = `write tcp ${ip}:${port}->${ip}:8080: write: broken pipe`;
        assert.deepEqual([readError(text, true).port, readError(text, true).outcome], [port, 'reset']);
      }),
    );
  });
});

describe('k6 scripts: settings', () => {
  const SHARED = ['TARGET_HOST', 'TARGET_PORT', 'USERS', 'RAMP', 'BETTING', 'ROUNDS', 'SEED'] as const;
  const LIMITS = ['CONNECT_TIMEOUT_MS', 'HOLD_MS', 'ROUND_WAIT_MS'] as const;

  it('are, unset, those of the robots', () => {
    const [ours, theirs] = [readSettings({}), readRobots({})];
    for (const name of [...SHARED, ...LIMITS]) assert.deepEqual(ours[name], theirs[name], name);
  });

  it('are read as the robots read them, and refused where they refuse them', () => {
    const name = fc.constantFrom(...SHARED, ...LIMITS);
    const value = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.constantFrom('herd', 'paced', '10s', '1.5m', '0', '-1'),
    );
    const taken = (read: () => object) => {
      try {
        return read();
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(name, value, (key, text) => {
        const ours = taken(() => readSettings({ [key]: text })) as Record<string, unknown> | undefined;
        const theirs = taken(() => readRobots({ [key]: text })) as Record<string, unknown> | undefined;
        assert.deepEqual(ours?.[key], theirs?.[key]);
      }),
      { numRuns: 500 },
    );
  });

  it('do not let two writers race on a connection: k6 has one', () => {
    assert.throws(
      () => readSettings({ BETTING: 'racing' }),
      /^Error: BETTING="racing" is not allowed: herd or paced$/,
    );
  });

  it('share out every user once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 2000 }), (users, perVu) => {
        const settings = readSettings({ USERS: String(users), USERS_PER_VU: String(perVu) });
        const { vus, each } = sharesOf(settings);
        assert.ok(vus * each >= users && (vus - 1) * each < users);
      }),
    );
  });
});
