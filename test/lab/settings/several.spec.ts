import assert from 'node:assert/strict';
import { UsageError } from '../../../common/errors.ts';
import { checkCapacity, MOST_SHARDS } from '../../../lab/settings/capacity.ts';
import { checkMemory } from '../../../lab/settings/memory.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { sourcesOf } from '../../../lab/settings/shares.ts';
import { type Host, thisHost } from '../../../system/host.ts';

const GIB = 2 ** 30;
const set = (text: string) => resolveSettings([fromFlags(text.split(' '))]);

/** A Linux with so much memory to give. */
const withMemory = (bytes: number): Host => ({
  ...thisHost,
  platform: 'linux',
  read: (path) =>
    path === '/proc/meminfo' ? `MemTotal: 1 kB\nMemAvailable: ${bytes / 1024} kB\n` : thisHost.read(path),
});
const ROOMY = withMemory(4096 * GIB);

/** What a person gets for these settings: one line. */
function refusal(text: string, host = ROOMY, ownNamespace = true): string {
  try {
    checkCapacity(set(text), ownNamespace, { host });
  } catch (error) {
    assert.ok(error instanceof UsageError, `${error}`);
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail(`${text} was taken`);
}
const takes = (text: string, host = ROOMY) => checkCapacity(set(text), true, { host });

describe('settings: several gateways and sources, what is refused', () => {
  it('users beyond the ports of the sources that were asked for, and none beyond those of as many as it takes', () => {
    takes('users=56464 sources=2 robots_nofile=64');
    assert.equal(
      refusal('users=56465 sources=2 robots_nofile=64'),
      '--set: users=56465: ip_local_port_range 32768-60999 has ports for 56464 users from 2 addresses; allowed: 1 to 56464, or give more sources, or widen ip_local_port_range',
    );
    takes('users=56465 robots_nofile=64');
    takes('users=1000000 robots_nofile=64');
  });

  it('a source has its ports for each gateway anew', () => {
    takes('users=84696 sources=1 gateways=3');
    assert.equal(
      refusal('users=84697 sources=1 gateways=3'),
      '--set: users=84697: ip_local_port_range 32768-60999 has ports for 84696 users from one address to 3 gateways; allowed: 1 to 84696, or give more sources, or widen ip_local_port_range',
    );
  });

  it('each fleet has descriptors of its own', () => {
    const one = MOST_SHARDS * (1000 - 100);
    const small = withHardNofile(1000);
    takes(`users=${2 * one} gateways=2 sources=1`, small);
    assert.match(
      refusal(`users=${2 * one + 1} gateways=2 sources=1`, small),
      new RegExp(`16 robots processes have descriptors for ${2 * one} users; allowed: 1 to ${2 * one}, `),
    );
  });

  for (const [text, line] of [
    ['users=3 gateways=4', 'gateways=4: there are 3 users; allowed: 1 to 3'],
    ['users=3 sources=4', 'sources=4: there are 3 users; allowed: 1 to 3'],
    ['users=7 gateways=2 sources=4', 'sources=4: 2 gateways have 3 users each; allowed: 1 to 3'],
    ['port=65534 gateways=3 users=9', 'port=65534: each of 3 gateways has the next one; allowed: 1 to 65533'],
  ] as const)
    it(`${text}: ${line}`, () => assert.equal(refusal(text), `--set: ${line}`));

  it('as many users as gateways and sources are taken, and the highest ports', () => {
    takes('users=8 gateways=2 sources=4');
    takes('port=65533 gateways=3 users=9');
  });
});

describe('settings: gateways beyond what memory holds', () => {
  const refused = (text: string, bytes: number) => {
    const settings = set(text);
    try {
      checkMemory(settings, sourcesOf(settings, true), withMemory(bytes));
    } catch (error) {
      assert.ok(error instanceof UsageError, `${error}`);
      return error.message;
    }
    return undefined;
  };

  it('says how much it would take and how much there is, and what is allowed is then taken', () => {
    const line = refused('gateways=200 users=1000', 4 * GIB) ?? '';
    const told =
      /^--set: gateways=200: 200 gateways with 1000 users would take about (\S+) GiB of memory, and 4\.0 GiB can be had; allowed: at most (\d+)$/.exec(
        line,
      );
    assert.ok(told, line);
    const [takes, most] = [Number(told[1]), Number(told[2])];
    // As much a gateway as there is for those that are allowed.
    assert.ok(Math.abs(takes / 200 - 4 / most) < 0.002, line);
    assert.ok(most > 16 && most < 200, line);
    assert.equal(refused(`gateways=${most} users=1000`, 4 * GIB), undefined);
    assert.ok(refused(`gateways=${most + 1} users=1000`, 4 * GIB));
  });

  it('where the users alone are too many, they are named', () => {
    const line = refused('gateways=4 users=900000', 4 * GIB) ?? '';
    const most = Number(/^--set: users=900000: .*; allowed: at most (\d+)$/.exec(line)?.[1]);
    assert.ok(most > 0, line);
    assert.equal(refused(`gateways=4 users=${most}`, 4 * GIB), undefined);
  });

  it('what is traced takes more, and nothing is where that would be most of it', () => {
    assert.ok(refused('gateways=16 users=20000', 3 * GIB), 'traced');
    for (const text of ['gateways=16 users=20001', 'gateways=17 users=20000'])
      assert.equal(refused(text, 3 * GIB), undefined, text);
  });

  it('one gateway and one source are never refused', () => {
    assert.equal(refused('users=20000', GIB / 1024), undefined);
  });

  it('where there is no /proc it is what is free', () => {
    const blind: Host = {
      ...thisHost,
      read: () => {
        throw new Error('no /proc');
      },
    };
    checkMemory(set('gateways=2 users=4'), 1, blind);
  });
});

/** A machine whose processes can have so many descriptors, whoever they are. */
function withHardNofile(limit: number): Host {
  return {
    ...ROOMY,
    read: (path) => (path === '/proc/sys/fs/nr_open' ? `${limit}\n` : ROOMY.read(path)),
    run: () => `${limit}\n`,
  };
}
