import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { climb } from '../../../lab/climb/climb.ts';
import type { ClimbDocument } from '../../../lab/climb/climb-document.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { freePort, lab, scratch, startLab } from '../cli/lab.ts';
import { assertDocument, asWritten } from '../schemas/documents.ts';

const walls = ({ steps }: ClimbDocument) => steps.map(({ wall, fix }) => `${wall}: ${fix}`);

/** A capacity is measured to the user. */
function assertExact({ steps }: ClimbDocument): void {
  for (const { users, wall, measured, predicted } of steps) {
    assert.equal(measured, predicted, `${wall} with ${users} users`);
    assert.ok(users > measured, `${wall} with ${users} users`);
  }
}

describe('lab climb', function () {
  this.timeout(180_000);
  skipWhenMissing(netns);
  const folder = scratch();

  const climbed = async (to: number, set: readonly string[], nofile?: number) => {
    const document = await climb({
      to,
      settings: resolveSettings([fromFlags(['rounds=0', ...set])]),
      runtime: netns,
      driver: robots,
      runs: null,
      signal: new AbortController().signal,
      ...(nofile !== undefined && { nofile }),
    });
    assertDocument('climb', asWritten(document));
    return document;
  };

  it('from nofile to gateways: each wall as predicted, to the user, and the target in the end', async () => {
    const document = await climbed(330, ['nofile=64'], 150);
    assert.deepEqual(walls(document), [
      'fd-exhaustion: nofile 64 → 128',
      'fd-exhaustion: nofile 128 → 150',
      'fd-exhaustion: gateways 1 → 2',
      'fd-exhaustion: gateways 2 → 3',
    ]);
    assertExact(document);
    assert.deepEqual(
      document.steps.map(({ measured }) => measured),
      [41, 105, 127, 254],
    );
    const { reached, complete, end, loads, paper } = document;
    assert.deepEqual([reached, complete, end], [330, true, 'all 330 users open']);
    assert.deepEqual(
      loads.map(({ open, gateways }) => [open, gateways]),
      [
        [41, 1],
        [105, 1],
        [127, 1],
        [254, 2],
        [330, 3],
      ],
    );
    for (const { userBytes, cpuMicros } of loads) assert.ok((userBytes ?? 0) > 1e7 && (cpuMicros ?? 0) > 1e4);
    assert.deepEqual([paper.predicted, paper.users, paper.nofile], [true, 1_000_000, 150]);
    assert.ok(paper.userBytes !== null);
  });

  const drawn = oneIn(3);

  drawn('ports: another source', async () => {
    const document = await climbed(160, ['ip_local_port_range=40000-40099']);
    assert.deepEqual(walls(document), ['ephemeral-ports: sources 1 → 2']);
    assertExact(document);
    assert.deepEqual([document.reached, document.loads.at(-1)?.sources], [160, 2]);
  });

  drawn('a queue of a stopped gateway, whose users send their SYN twice: a longer one', async () => {
    const stopped = ['backlog=63', 'stop_ms=4000', 'tcp_syn_retries=1'];
    const document = await climbed(150, stopped);
    assert.equal(document.steps[0]?.law, 'min(backlog, somaxconn) + 1');
    assert.equal(document.steps[0]?.fix, 'backlog 63 → 126');
    assertExact(document);
    assert.equal(document.reached, 150);
  });

  it('one JSON document, and a folder', async () => {
    const { code, stdout, stderr } = await lab([
      ...['climb', '--to', '200', '--runtime', 'netns', '--runs', folder(), '--json'],
      ...['--set', 'rounds=0', '--set', 'nofile=100', '--expect', 'reached>=200'],
    ]);
    assert.equal(code, 0, stderr);
    const document = JSON.parse(stdout) as ClimbDocument;
    assert.equal(document.reached, 200);
    const path = document.path as string;
    const { expectations: _, ...written } = document;
    assert.deepEqual(JSON.parse(readFileSync(join(path, 'climb.json'), 'utf8')), written);
    const read = (name: string) => JSON.parse(readFileSync(join(path, name), 'utf8'));
    assert.equal(read('manifest.json').complete, true);
    for (const [index, { users, open }] of document.loads.entries()) {
      const verdict = read(`verdict-${index + 1}.json`);
      assertDocument('verdict', verdict);
      assert.deepEqual([verdict.users.asked, verdict.users.open], [users, open]);
    }
  });

  drawn('1 where nothing moves a wall, and why not', async () => {
    const { code, stdout, stderr } = await lab([
      ...['climb', '--to', '300', '--runtime', 'native', '--runs', folder(), '--json'],
      ...['--set', 'rounds=0', '--set', 'robots_nofile=100', '--set', `port=${await freePort()}`],
    ]);
    assert.equal(code, 1, stderr);
    const { steps, reached, end, complete } = JSON.parse(stdout) as ClimbDocument;
    assert.deepEqual(
      steps.map(({ wall, measured, predicted, fix }) => [wall, measured === predicted, fix]),
      [['robots-nofile', true, null]],
    );
    assert.deepEqual([reached, complete], [steps[0]?.measured, true]);
    assert.match(end, /^robots-nofile: the climb: sources=2: it would take addresses of this host's own/);
  });

  it('interrupted: keeps the walls that it has, and says so', async () => {
    const { child, ended, result } = startLab([
      ...['climb', '--to', '5000', '--runtime', 'netns', '--runs', folder(), '--json'],
      ...['--set', 'rounds=0', '--set', 'nofile=64'],
    ]);
    child.stderr?.on('data', () => {
      if (result.stderr.includes('nofile 64 → 128')) child.kill('SIGINT');
    });
    const { code, stdout } = await ended;
    assert.equal(code, 130);
    const document = JSON.parse(stdout) as ClimbDocument;
    assert.deepEqual([document.complete, document.end], [false, 'interrupted']);
    assert.deepEqual(walls(document).slice(0, 1), ['fd-exhaustion: nofile 64 → 128']);
  });

  for (const [args, says] of [
    [[], /^lab: required option '--to <users>' not specified\n$/],
    [
      ['--to', 'many'],
      /'--to <users>' argument 'many' is invalid\. allowed: a whole number from 1 to 1000000\n$/,
    ],
    [['--to', '1000001'], /allowed: a whole number from 1 to 1000000\n$/],
    [
      ['--to', '100'],
      /^lab: --to 100: the first wall is expected at 4096 users, .*; allowed: 4097 to 1000000\n$/,
    ],
    [['--to', '5000', '--driver', 'k6'], /^lab: --driver k6: .*; allowed: robots\n$/],
    [['--to', '5000', '--users', '10'], /^lab: --users: users=10: .*; allowed: --to\n$/],
    [['--to', '5000', '--set', 'users=10'], /^lab: --set: users=10: .*; allowed: --to\n$/],
    [
      ['--to', '100000', '--set', 'gateways=200', '--set', 'sources=50', '--set', 'nofile=50'],
      /^lab: --set: gateways=200: 200 gateways with \d+ users would take about [\d.]+ GiB .*; allowed: at most \d+\n$/,
    ],
    [['--to', '5000', '--set', 'cap_silent=1'], /^lab: --set: cap_silent=1: does nothing here/],
  ] as const)
    it(`climb ${args.join(' ')}: one line`, async () => {
      const { code, stdout, stderr } = await lab([
        'climb',
        '--runs',
        folder(),
        '--runtime',
        'netns',
        ...args,
      ]);
      assert.match(stderr, says);
      assert.deepEqual([code, stdout], [2, '']);
    });
});
