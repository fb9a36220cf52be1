import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { UsageError } from '../../../common/errors.ts';
import { checkCapacity, MOST_SHARDS } from '../../../lab/settings/capacity.ts';
import { fromDotenv } from '../../../lab/settings/dotenv.ts';
import { aboutSetting, SETTING_NAMES, settingsSchema } from '../../../lab/settings/schema.ts';
import {
  fromEnvironment,
  fromFlags,
  resolveSettings,
  settingName,
} from '../../../lab/settings/setting-sources.ts';
import { highestNofile } from '../../../system/machine-limits.ts';

const set = (...items: string[]) => resolveSettings([fromFlags(items)]);

/** Throws what a person gets: one line, with each of these parts in it. */
function refuses(work: () => unknown, ...parts: string[]): void {
  assert.throws(work, (error) => {
    assert.ok(error instanceof UsageError, `${error}`);
    assert.equal(error.exitCode, 2);
    assert.doesNotMatch(error.message, /\n/, 'one line');
    for (const part of parts)
      assert.ok(error.message.includes(part), `"${part}" is not in: ${error.message}`);
    return true;
  });
}

describe('settings: bad values', () => {
  const bad: [item: string, ...parts: string[]][] = [
    ['nofile=24', '--set: nofile=24', 'a whole number from 25 to 1073741816'],
    ['nofile=', '--set: nofile=', 'a whole number from 25'],
    ['nofile=0x1000', 'nofile=0x1000', 'a whole number'],
    ['nofile=4e3', 'nofile=4e3', 'a whole number'],
    ['nofile=4096.5', 'nofile=4096.5', 'a whole number'],
    ['nofile=unlimited', 'nofile=unlimited', 'a whole number'],
    ['nofile=NaN', 'nofile=NaN', 'a whole number'],
    ['nofile=Infinity', 'nofile=Infinity', 'a whole number'],
    [`nofile=${'9'.repeat(400)}`, 'a whole number from 25'],
    ['users=0', '--set: users=0', 'from 1 to 1000000'],
    ['users=-1', '--set: users=-1', 'from 1 to 1000000'],
    ['users=1000001', 'users=1000001', 'from 1 to 1000000'],
    ['users=1 000', 'users=1 000', 'from 1 to 1000000'],
    ['somaxconn=0', 'somaxconn=0', 'from 1 to 65535'],
    ['somaxconn=65536', 'somaxconn=65536', 'from 1 to 65535'],
    ['backlog=0', 'backlog=0', 'from 1 to 65535'],
    ['tcp_abort_on_overflow=2', 'tcp_abort_on_overflow=2', 'from 0 to 1'],
    ['tcp_syncookies=3', 'tcp_syncookies=3', 'from 0 to 2'],
    ['tcp_abort_on_overflow=true', 'tcp_abort_on_overflow=true', 'from 0 to 1'],
    ['port=0', 'port=0', 'from 1 to 65535'],
    ['port=65536', 'port=65536', 'from 1 to 65535'],
    ['seed=4294967296', 'seed=4294967296', 'from 0 to 4294967295'],
    ['robots_nofile=63', 'robots_nofile=63', 'from 64'],
    ['ramp=fast', '--set: ramp=fast', '0, or a time such as 500ms, 10s, 2m'],
    ['ramp=10', 'ramp=10', '500ms, 10s, 2m'],
    ['ramp=-1s', 'ramp=-1s', '500ms, 10s, 2m'],
    ['ramp=1h', 'ramp=1h', '500ms, 10s, 2m'],
    ['ramp=35792m', 'ramp=35792m', 'at most 24 days'],
    ['betting=wild', '--set: betting=wild', 'herd, paced or racing'],
    ['betting=HERD', 'betting=HERD', 'herd, paced or racing'],
    ['ip_local_port_range=40000', 'ip_local_port_range=40000', 'two ports'],
    ['ip_local_port_range=40999-40000', 'ip_local_port_range=40999-40000', 'first and last'],
    ['ip_local_port_range=80-90', 'ip_local_port_range=80-90', 'from 1024 to 65535'],
    ['ip_local_port_range=40000-70000', 'ip_local_port_range=40000-70000', 'from 1024 to 65535'],
  ];
  for (const [item, ...parts] of bad) {
    it(`--set ${item.slice(0, 40)}`, () => refuses(() => set(item), 'allowed: ', ...parts));
  }

  for (const item of ['nofile', '=5', '', '4096']) {
    it(`--set "${item}" is no name=value`, () =>
      refuses(() => set(item), `--set ${item}`, 'expected name=value'));
  }

  it('names the place it came from', () => {
    refuses(() => resolveSettings([fromEnvironment({ NOFILE: 'x' })]), 'the environment: nofile=x');
    refuses(() => resolveSettings([{ users: { value: '0', where: '--users' } }]), '--users: users=0');
    refuses(() => resolveSettings([], { nofile: 1 }), 'the scenario: nofile=1');
  });

  it('a bad value that a better source overrides is no error of the winner', () => {
    const sources = [fromFlags(['users=7']), fromEnvironment({ USERS: '8' })];
    assert.equal(resolveSettings(sources).values.users, 7);
  });

  it('no text makes anything but a UsageError of one line', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.double().map(String), fc.bigInt().map(String));
    fc.assert(
      fc.property(fc.constantFrom(...SETTING_NAMES), value, (name, text) => {
        const given = text.replace(/\s/g, ' ');
        try {
          set(`${name}=${given}`);
        } catch (error) {
          assert.ok(error instanceof UsageError, `${error}`);
          assert.doesNotMatch(error.message, /\n/);
          assert.ok(error.message.includes(aboutSetting(name).allowed));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('settings: good values', () => {
  it('both ends of every whole number', () => {
    for (const name of SETTING_NAMES) {
      const match = /^a whole number from (\d+) to (\d+)$/.exec(aboutSetting(name).allowed);
      if (!match) continue;
      const [low, high] = [Number(match[1]), Number(match[2])];
      for (const value of [low, high]) assert.equal(set(`${name}=${value}`).values[name], value, name);
      for (const value of [low - 1, high + 1]) refuses(() => set(`${name}=${value}`), `${name}=${value}`);
    }
  });

  it('blanks around a value and upper case in a name', () => {
    assert.equal(set('NOFILE= 4097 ').values.nofile, 4097);
    assert.deepEqual(set('ip_local_port_range=40000-40999').values.ip_local_port_range, [40_000, 40_999]);
    assert.deepEqual(set('ip_local_port_range=40000 \t 40999').values.ip_local_port_range, [40_000, 40_999]);
  });

  it('ramps', () => {
    for (const ramp of ['0', '500ms', '10s', '2m', '1.5s'])
      assert.equal(set(`ramp=${ramp}`).values.ramp, ramp);
  });

  it('the last --set of a name counts', () => assert.equal(set('users=5', 'users=6').values.users, 6));
});

describe('settings: unknown names', () => {
  it('says what is near', () => {
    refuses(
      () => set('handshake_timeout=5'),
      '--set: unknown setting "handshake_timeout"',
      'handshake_timeout_ms',
    );
    refuses(() => settingName('files', 'here'), 'here: unknown setting "files"', 'nofile', 'users');
  });

  it('lists all when nothing is near', () => {
    refuses(() => set('zzz=1'), 'unknown setting "zzz"', ...SETTING_NAMES);
  });

  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`${name} is no setting`, () => refuses(() => set(`${name}=1`), `unknown setting "${name}"`));
  }
});

describe('settings: which source wins', () => {
  const flags = fromFlags(['nofile=101']);
  const environment = fromEnvironment({ NOFILE: '102', SOMAXCONN: '202' });
  const dotenv = fromEnvironment({ NOFILE: '103', SOMAXCONN: '203', BACKLOG: '303' }, '.env');
  const scenario = { nofile: 104, somaxconn: 204, backlog: 304, users: 404 };
  const { values, explicit, where } = resolveSettings([flags, environment, dotenv], scenario);

  it('--set, environment, .env, scenario, default', () => {
    assert.equal(values.nofile, 101);
    assert.equal(values.somaxconn, 202);
    assert.equal(values.backlog, 303);
    assert.equal(values.users, 404);
    assert.equal(values.seed, 1);
  });

  it('knows where each came from, and what a person asked for', () => {
    assert.deepEqual(where, { nofile: '--set', somaxconn: 'the environment', backlog: '.env' });
    assert.deepEqual([...explicit].sort(), ['backlog', 'nofile', 'somaxconn']);
  });

  it('an empty value of the environment is absent', () => {
    const sources = [fromEnvironment({ NOFILE: '', USERS: '' }), fromEnvironment({ NOFILE: '333' }, '.env')];
    const resolved = resolveSettings(sources, { users: 44 });
    assert.equal(resolved.values.nofile, 333);
    assert.equal(resolved.values.users, 44);
    assert.deepEqual([...resolved.explicit], ['nofile']);
  });

  it('an environment without our names gives nothing', () => {
    assert.deepEqual(fromEnvironment({ PATH: '/bin', nofile: '5', HOME: '/' }), {});
  });

  it('without anything: the defaults, of which all are allowed', () => {
    assert.deepEqual(resolveSettings([]).values, settingsSchema.parse({}));
  });
});

describe('settings: .env', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'resetlab-env-'));
    path = join(folder, '.env');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    writeFileSync(path, text);
    return fromDotenv(path);
  };

  it('comments, quotes, export, blanks, CRLF and empty values', () => {
    const given = read(
      '# a comment\n\n  # another\nNOFILE=4097\r\nexport USERS = 12\nRAMP="10s"\nBETTING=\'paced\'\nSEED=5 # five\nBACKLOG=\n',
    );
    const values = Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]));
    assert.deepEqual(values, { nofile: '4097', users: '12', ramp: '10s', betting: 'paced', seed: '5' });
    const places = Object.entries(given).map(([name, { where }]) => [name, where]);
    assert.deepEqual(Object.fromEntries(places), {
      nofile: `${path}:4`,
      users: `${path}:5`,
      ramp: `${path}:6`,
      betting: `${path}:7`,
      seed: `${path}:8`,
    });
  });

  it('no file: nothing', () => assert.deepEqual(fromDotenv(join(folder, 'none')), {}));

  it('a folder in its place: one line', () => {
    mkdirSync(path);
    refuses(() => fromDotenv(path), path, 'cannot be read');
  });

  const malformed: [text: string, ...parts: string[]][] = [
    ['NOFILE=1\nnofile 4096\n', ':2: "nofile 4096" is not NAME=value'],
    ['# x\n\n=5\n', ':3: "=5" is not NAME=value'],
    ['USERS=1\nUSERS: 5\n', ':2: "USERS: 5"', 'NAME=value'],
    ['1USERS=5', ':1: "1USERS=5"'],
    ['USERS=1\nRAMP="10s\n', ':2: the quote " is not closed'],
    ["BETTING='herd", ":1: the quote ' is not closed"],
    ['USERS=1\n\nNOFILES=4096\n', ':3: unknown setting "NOFILES"', 'allowed: ', 'nofile'],
    ['<<<<<<< HEAD\nUSERS=1\n', ':1: "<<<<<<< HEAD"'],
    ['USERS=1\nnofile=99\n', ':2: "nofile": names are in capitals here', 'allowed: NOFILE'],
  ];
  for (const [text, ...parts] of malformed) {
    it(`malformed: ${JSON.stringify(text)}`, () => refuses(() => read(text), path, ...parts));
  }

  it('a bad value names the file and the line; of two lines for a name it is the last that counts', () => {
    refuses(() => resolveSettings([read('\nUSERS=many\n')]), `${path}:2: users=many`);
    refuses(() => resolveSettings([read('USERS=1\nSEED=2\nUSERS=many\n')]), `${path}:3: users=many`);
    assert.equal(resolveSettings([read('USERS=1\nUSERS=2\n')]).values.users, 2);
  });

  it('names that other tools read from the same file are no error', () => {
    assert.deepEqual(
      read('COMPOSE_PROJECT_NAME=x\nDOCKER_HOST=y\nLAB_NOFILE=5\nNODE_DEBUG=x\nRUNTIME=native\n'),
      {},
    );
  });

  it('garbage gives settings or a UsageError, nothing else', () => {
    const piece = fc.constantFrom(
      'NOFILE',
      '=',
      '"',
      "'",
      '\n',
      '#',
      ' ',
      '5',
      'export ',
      '\\',
      '\r',
      '$',
      '{X}',
      '\0',
      '`',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          try {
            read(text);
          } catch (error) {
            assert.ok(error instanceof UsageError, `${error}`);
          }
        },
      ),
    );
  });
});

describe('settings: capacity and limits', () => {
  it('as many users as one source has ports in a fresh namespace, and one more', () => {
    checkCapacity(set('users=28232', 'sources=1', 'robots_nofile=64'), true);
    refuses(
      () => checkCapacity(set('users=28233', 'sources=1', 'robots_nofile=64'), true),
      '--set: users=28233: ip_local_port_range 32768-60999 has ports for 28232 users',
      'allowed: 1 to 28232',
    );
  });

  it('a range that somebody chose is an experiment', () => {
    checkCapacity(set('users=20000', 'ip_local_port_range=40000-40099', 'robots_nofile=64'), true);
  });

  it('more users than the robots can have descriptors for', () => {
    const most = MOST_SHARDS * (highestNofile() - 100);
    if (most >= 1_000_000) return;
    const range = 'ip_local_port_range=1024-65535';
    checkCapacity(set(`users=${most}`, range), true);
    refuses(
      () => checkCapacity(set(`users=${most + 1}`, range), true),
      `users=${most + 1}`,
      `allowed: 1 to ${most}`,
    );
    checkCapacity(set(`users=${most + 1}`, range, 'robots_nofile=64'), true);
  });

  it('the highest limit is one that a child can have', () => {
    assert.ok(highestNofile() >= 64, `${highestNofile()}`);
  });
});
