import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { netns } from '../../lab/runtimes/netns.ts';
import { rulesAgainst } from '../../system/nft-rules.ts';
import { inPath } from '../../system/tools.ts';
import { skip, skipWhenMissing } from '../skip.ts';

/** The rules of one chain, as nft(8) reads them. */
const ruleset = (rules: readonly string[], more = '') =>
  `table inet t {\n counter named { }\n ${more}\n chain in {\n type filter hook input priority 0\n ${rules.join('\n ')}\n }\n}\n`;

/** What the kernel has made of them, as `nft -j` prints it. */
function printed(rules: readonly string[], more?: string): string {
  const enter = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
  return execFileSync('unshare', [...enter, 'sh', '-c', 'nft -f - && nft -j list ruleset'], {
    input: ruleset(rules, more),
    encoding: 'utf8',
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
  });
}

describe('system: rules of netfilter that name a port', function () {
  this.timeout(20_000);
  skipWhenMissing(netns);
  before(function () {
    if (!inPath('nft', `${process.env.PATH}:/usr/sbin`))
      skip(this, 'nft is not installed; get it with: apt-get install nftables');
  });

  for (const [rule, does, packets] of [
    ['tcp dport 8080 counter drop', 'drop', 0],
    ['tcp dport 8080 drop', 'drop', undefined],
    ['tcp dport 8080 limit rate over 9/second counter reject with tcp reset', 'reject with tcp reset', 0],
    ['tcp dport 8080 counter reject with icmpx host-unreachable', 'reject with host-unreachable', 0],
    // What comes after the counter lets some pass that it has counted.
    ['tcp dport 8080 counter limit rate over 9/second drop', 'drop', undefined],
    ['tcp dport 8080 counter name "named" drop', 'drop', 0],
    // It counts others' as well.
    ['tcp dport { 80, 8000-8090 } counter drop', 'drop', undefined],
    ['tcp dport != 22 counter drop', 'drop', undefined],
    ['tcp dport vmap { 22 : accept, 8080 : drop }', 'drop', undefined],
    ['tcp dport @ports counter drop', 'drop', 0],
    ['tcp dport 8080 jump deep', 'drop', 0],
  ] as const)
    it(rule, () => {
      const more = `set ports { type inet_service; elements = { 8080 } }\n chain deep {\n counter drop\n }`;
      const found = rulesAgainst(printed([rule], more), 8080);
      assert.deepEqual(
        found.map((one) => [one.does, one.packets]),
        [[does, packets]],
      );
    });

  it('not those of others, those that accept, and those that drop what belongs to no connection', () => {
    const rules = [
      'tcp dport 8081 counter drop',
      'tcp dport != 8080 counter drop',
      'udp dport 8080 counter drop',
      'tcp sport 8080 counter drop',
      'tcp dport 8080 ct state invalid counter drop',
      'tcp dport 8080 counter accept',
      'tcp dport vmap { 22 : drop, 8080 : accept }',
      'tcp dport 8081 jump deep',
      'counter drop',
    ];
    assert.deepEqual(rulesAgainst(printed(rules, 'chain deep {\n counter drop\n }'), 8080), []);
  });

  it('a chain that is jumped to from elsewhere as well counts more than this port', () => {
    const rules = ['tcp dport 8080 jump deep', 'tcp dport 22 jump deep'];
    const [one] = rulesAgainst(printed(rules, 'chain deep {\n counter drop\n }'), 8080);
    assert.deepEqual([one?.does, one?.packets], ['drop', undefined]);
  });

  it('any text is read without an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        assert.deepEqual(rulesAgainst(text, 80), []);
      }),
    );
  });
});
