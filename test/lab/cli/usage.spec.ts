import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { SETTING_NAMES } from '../../../lab/settings/schema.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { oneIn } from '../../whole.ts';
import { lab, type Result, scratch } from './lab.ts';

/** Of the table a part. */
const drawn = oneIn(3);

const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };
const SMALL = ['--set', 'nofile=64', '--users', '3', '--set', 'rounds=0'];

/** Exit code, nothing on stdout, and one line on stderr with these parts. */
function refused({ code, stdout, stderr }: Result, expected: number, ...parts: string[]): void {
  assert.equal(code, expected, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^lab: [^\n]+\n$/, 'one line');
  for (const part of parts) assert.ok(stderr.includes(part), `"${part}" is not in: ${stderr}`);
}

describe('lab: bad usage', function () {
  this.timeout(30_000);
  const folder = scratch();

  const table: [args: string[], ...parts: string[]][] = [
    [['fly'], "unknown command 'fly'"],
    [['run', '--colour'], "unknown option '--colour'"],
    [['clean', '--forced'], "unknown option '--forced' (Did you mean --force?)"],
    [['run', '--users'], '--users', 'argument missing'],
    [['run', 'lightning'], 'run lightning: no such scenario', 'allowed: ', 'fd-exhaustion'],
    [['run', 'loopback-interface'], 'no such scenario', 'fd-exhaustion'],
    [['run', 'fd-exhaustion', 'more'], 'too many arguments'],
    [['run', '--set', 'files=5'], '--set: unknown setting "files"', 'nofile'],
    [['run', '--set', 'nofile'], '--set nofile: expected name=value'],
    [['run', '--set', 'nofile=24'], '--set: nofile=24', 'from 25 to'],
    [['run', '--set', 'nofile=999999999'], '--set: nofile=999999999', 'above the hard limit', 'at most '],
    [['run', '--set', 'robots_nofile=999999999'], 'robots_nofile=999999999', 'above the hard limit'],
    [['run', '--users', '0'], '--users: users=0', 'a whole number from 1 to'],
    [['run', '--users=-1'], '--users: users=-1', 'a whole number from 1 to'],
    [['run', '--users', 'abc'], '--users: users=abc', 'a whole number from 1 to'],
    [['run', '--users', '1.5'], '--users: users=1.5', 'a whole number from 1 to'],
    [['run', '--users', ''], '--users: users=', 'a whole number from 1 to'],
    [['run', '--users', '900000'], '--users: users=900000', 'ip_local_port_range', 'allowed: 1 to '],
    [['run', '--ramp', 'slow'], '--ramp: ramp=slow', '500ms'],
    [['run', '--betting', 'wild'], '--betting: betting=wild', 'herd, paced or racing'],
    [['run', '--seed', '-5'], '--seed: seed=-5', 'from 0 to'],
    [['run', '--driver', 'snail'], '--driver snail', 'allowed: ', 'robots'],
    [['run', '--trace', 'on'], '--trace on', 'allowed: auto, off'],
    [['run', '--runtime', 'podman'], '--runtime podman', 'allowed: auto, docker, netns, native'],
    [
      ['run', '--runtime', 'native', '--set', 'somaxconn=5'],
      '--set: somaxconn',
      'never changes a host setting',
    ],
  ];
  for (const [args, ...parts] of table) {
    drawn(args.join(' '), async () => {
      const native = args.includes('--runtime') || args[0] !== 'run' ? [] : ['--runtime', 'native'];
      const runs = args[0] === 'run' ? ['--runs', join(folder(), 'none')] : [];
      refused(
        await lab([args[0] as string, ...native, ...runs, ...args.slice(1)], { env: NO_ENGINE }),
        2,
        ...parts,
      );
      assert.equal(existsSync(join(folder(), 'none')), false, 'no run folder');
    });
  }

  it('a bad value of the environment names the environment', async () => {
    refused(await lab(['run'], { env: { USERS: 'many' } }), 2, 'the environment: users=many');
  });

  it('without a verb: help, and not success', async () => {
    const { code, stdout, stderr } = await lab([]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /run .*\n/);
  });

  it('--help is success, on stdout', async () => {
    for (const args of [['--help'], ['run', '--help']]) {
      const { code, stdout, stderr } = await lab(args);
      assert.equal(code, 0);
      assert.match(stdout, /Usage: lab/);
      assert.equal(stderr, '');
    }
  });

  it('a taken port, and the port is named', async () => {
    const server = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const args = [
        'run',
        '--runtime',
        'native',
        '--set',
        `port=${port}`,
        '--runs',
        join(folder(), 'none'),
        ...SMALL,
      ];
      refused(await lab(args), 2, `port=${port}: is taken`, 'allowed: any free port');
    } finally {
      server.close();
    }
  });

  it('a malformed .env of the folder it is started in', async () => {
    const cwd = mkdtempSync(join(folder(), 'cwd-'));
    writeFileSync(join(cwd, '.env'), 'USERS=5\nNOFILE 4096\n');
    refused(await lab(['run'], { cwd }), 2, `${join(cwd, '.env')}:2: "NOFILE 4096" is not NAME=value`);
    assert.deepEqual(readdirSync(cwd), ['.env']);
  });

  it('no Docker engine: 3, and how to get it', async () => {
    const result = await lab(['run', '--runtime', 'docker'], { env: NO_ENGINE });
    refused(
      result,
      3,
      '--runtime docker: no Docker engine',
      '/nonexistent',
      'start Docker',
      '--runtime netns or native',
    );
  });

  it('runs where nothing can be written: one line that names the folder', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    const { code, stdout, stderr } = await lab([
      'run',
      '--runtime',
      'native',
      '--runs',
      join(file, 'runs'),
      ...SMALL,
    ]);
    assert.ok(code === 2 || code === 3, `${code}`);
    assert.equal(stdout, '');
    assert.match(stderr, /^lab: [^\n]*\n$/);
    assert.ok(stderr.includes(file), stderr);
  });
});

describe('lab list', () => {
  it('--json: one document with every cause and every setting', async () => {
    const { code, stdout, stderr } = await lab(['list', '--json']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    const { causes, settings } = JSON.parse(stdout);
    assert.deepEqual(
      causes.map(({ id }: { id: string }) => id),
      CAUSES.map(({ id }) => id),
    );
    assert.deepEqual(
      settings.map(({ name }: { name: string }) => name),
      SETTING_NAMES,
    );
    for (const { name, about, allowed, side } of settings) assert.ok(about && allowed && side, name);
  });

  it('for people: one line each', async () => {
    const { code, stdout } = await lab(['list']);
    assert.equal(code, 0);
    const lines = stdout.split('\n');
    for (const word of [...SETTING_NAMES, ...CAUSES.map(({ id }) => id)]) {
      assert.equal(lines.filter((line) => line.startsWith(`  ${word} `)).length, 1, word);
    }
  });
});
