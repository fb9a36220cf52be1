import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sumOf } from '../../../common/numbers.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { type Share, sharesOf, sourcesOf, usersOfEach } from '../../../lab/settings/shares.ts';

const load = fc.record({
  users: fc.integer({ min: 1, max: 1_000_000 }),
  gateways: fc.integer({ min: 1, max: 200 }),
  sources: fc.integer({ min: 1, max: 50 }),
});

const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);
const usersOf = (shares: readonly Share[]) => sumOf(shares, ({ users }) => users);

describe('settings: who goes where', () => {
  it('everybody goes somewhere: the shares sum to the users, and so do those of the gateways', () => {
    fc.assert(
      fc.property(load, ({ sources, ...asked }) => {
        const shares = sharesOf(asked, sources);
        assert.equal(shares.length, asked.gateways * sources);
        assert.equal(usersOf(shares), asked.users);
        const byGateway = Map.groupBy(shares, ({ gateway }) => gateway);
        assert.deepEqual(Array.from(byGateway.values(), usersOf), usersOfEach(asked));
      }),
    );
  });

  it('no gateway has two users more than another, and no source of one gateway either', () => {
    fc.assert(
      fc.property(load, ({ sources, ...asked }) => {
        assert.ok(spread(usersOfEach(asked)) <= 1);
        for (const some of Map.groupBy(sharesOf(asked, sources), ({ gateway }) => gateway).values())
          assert.ok(spread(some.map(({ users }) => users)) <= 1);
      }),
    );
  });

  it('each share is of users who follow each other, and each user is in one', () => {
    fc.assert(
      fc.property(load, ({ sources, ...asked }) => {
        let next = 0;
        for (const { firstId, users } of sharesOf(asked, sources)) {
          assert.equal(firstId, next);
          next += users;
        }
        assert.equal(next, asked.users);
      }),
    );
  });
});

describe('settings: how many sources', () => {
  const sources = (...items: string[]) => sourcesOf(resolveSettings([fromFlags(items)]), true);

  for (const [items, expected] of [
    ['users=28232', 1],
    // From here on half of the range: 14116 ports each.
    ['users=28233', 3],
    ['users=28200 waiting=32', 1],
    ['users=28200 waiting=33 stop_ms=1', 3],
    ['users=100000', 8],
    ['users=100000 gateways=6', 2],
    ['users=84696 gateways=6', 1],
    ['users=84697 gateways=6', 2],
    ['users=1000000', 50],
    ['users=100 sources=7', 7],
    ['users=900 ip_local_port_range=40000-40099', 1],
    ['users=900 ip_local_port_range=40000-40099 sources=3', 3],
  ] as const)
    it(`${items}: ${expected}`, () => assert.equal(sources(...items.split(' ')), expected));

  it("on this host's own network always one", () => {
    assert.equal(sourcesOf(resolveSettings([fromFlags(['users=100000'])]), false), 1);
  });

  it('there are ports for everybody, wherever they go', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 200 }),
        (users, gateways) => {
          const settings = resolveSettings([fromFlags([`users=${users}`, `gateways=${gateways}`])]);
          const each = sharesOf(settings.values, sourcesOf(settings, true));
          assert.ok(each.every((share) => share.users <= 60_999 - 32_768 + 1));
        },
      ),
    );
  });
});
