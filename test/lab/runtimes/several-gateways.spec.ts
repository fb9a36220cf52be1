import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import { k6 } from '../../../lab/drivers/k6-driver.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { freePort, lab, scratch } from '../cli/lab.ts';
import { small } from './stage.ts';

/** What a person gets: one line, and 2. */
async function refuses(check: () => Promise<void> | void, says: RegExp): Promise<void> {
  await assert.rejects(
    async () => check(),
    (error: Error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.equal(error.exitCode, 2);
      assert.doesNotMatch(error.message, /\n/);
      assert.match(error.message, says);
      return true;
    },
  );
}

describe('several gateways and sources: what a runtime refuses', () => {
  it("native: several sources, which would be the host's own addresses", () =>
    refuses(
      () => native.check(small('sources=2')),
      /^--set: sources=2: it would take addresses of this host's own; allowed: 1, or --runtime netns or docker$/,
    ));

  it('native: a port of the second gateway that is taken, by its number', async () => {
    const server = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await refuses(
        () => native.check(small('gateways=2', `port=${port - 1}`)),
        new RegExp(`^port=${port}: is taken on 127\\.0\\.0\\.1; allowed: `),
      );
    } finally {
      server.close();
    }
  });

  for (const item of ['gateways=2', 'sources=2']) {
    it(`netns: ${item} with another way back`, async function () {
      if (await netns.missing()) this.skip();
      await refuses(
        () => netns.check(small(item, 'way_back=other')),
        /^--set: way_back=other: .*; allowed: same, or --runtime netns with one gateway and one source$/,
      );
    });

    it(`docker: ${item} through the one published port`, () =>
      refuses(
        () => docker.check(small(item, 'via=published')),
        /^--set: via=published: one port is published, for one gateway; allowed: direct, or gateways=1 and sources=1$/,
      ));

    it(`k6: ${item}`, () =>
      refuses(
        () => k6().check(small(item), true),
        new RegExp(`^--set: ${item}: .*; allowed with --driver k6: 1$`),
      ));
  }

  it('docker: users who would need a second source, through a published port', () =>
    refuses(() => docker.check(small('users=28233', 'via=published')), /^--set: via=published: one port /));

  it('k6: users who need a second source, where they are not on the host', async () => {
    const settings = small('users=28233');
    await refuses(() => k6().check(settings, true), /^--set: users=28233: .* k6 runs in one place; allowed /);
    k6().check(settings, false);
  });
});

describe('several gateways on native', function () {
  this.timeout(60_000);
  const folder = scratch();

  it('each has the next port, and its share of the users', async () => {
    const port = await twoFreePorts();
    const given = ['gateways=2', `port=${port}`, 'users=31', 'rounds=1'].flatMap((item) => ['--set', item]);
    const { code, stdout, stderr } = await lab([
      'run',
      '--runtime',
      'native',
      '--no-fix',
      '--json',
      '--runs',
      folder(),
      ...given,
    ]);
    assert.equal(code, 0, stderr);
    const { users, bets, parts, threshold, path } = JSON.parse(stdout) as VerdictDocument;
    assert.deepEqual([users.open, users.failed, bets.acked, bets.lost], [31, 0, 31, 0]);
    assert.deepEqual(
      parts?.gateways.map((gateway) => gateway.users.open),
      [15, 16],
    );
    assert.ok(threshold.atLeast);
    const lines = readFileSync(join(path as string, 'samples.ndjson'), 'utf8')
      .trim()
      .split('\n');
    const listening = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'listening');
    assert.deepEqual(listening.map((line) => [line.gateway, line.port]).toSorted(), [
      [1, port],
      [2, port + 1],
    ]);
  });
});

async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const next = createServer().listen({ port: port + 1, host: '127.0.0.1' });
    const free = await Promise.race([
      once(next, 'listening').then(() => true),
      once(next, 'error').then(() => false),
    ]);
    next.close();
    if (free) return port;
  }
}
