import assert from 'node:assert/strict';
import fc from 'fast-check';
import { largestSafeBurst, servedInTime, servedInTurn } from '../../../lab/laws/accept-rate-law.ts';
import { LAWS, limitingLaw } from '../../../lab/laws/all-laws.ts';
import type { LawInput } from '../../../lab/laws/law.ts';
import { portThreshold } from '../../../lab/laws/port-law.ts';
import { SETTING_NAMES } from '../../../lab/settings/schema.ts';

const port = fc.integer({ min: 1024, max: 65_535 });
const range = fc.tuple(port, port).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const rate = fc.double({ min: 0.1, max: 1e6, noNaN: true });
const capacity = fc.integer({ min: 1, max: 65_536 });

describe('laws: ports', () => {
  it('a user for each port of the range', () => {
    assert.equal(portThreshold({ first: 40_000, last: 40_099 }), 100);
    assert.equal(portThreshold({ first: 40_000, last: 40_999, addresses: 2 }), 2000);
  });

  it("but not the gateway's own, nor what waiting connections hold", () => {
    assert.equal(portThreshold({ first: 8000, last: 8099 }, { listening: [8080, 9000] }), 99);
    assert.equal(portThreshold({ first: 40_000, last: 40_099 }, { connections: 6 }), 94);
  });

  it('is what taking one after another gives', () => {
    fc.assert(
      fc.property(range, fc.uniqueArray(port, { maxLength: 20 }), ({ first, last }, listening) => {
        fc.pre(last - first < 2000);
        let users = 0;
        for (let number = first; number <= last; number += 1) if (!listening.includes(number)) users += 1;
        assert.equal(portThreshold({ first, last }, { listening }), users);
      }),
    );
  });
});

describe('laws: accept rate', () => {
  it('a server as fast as its users is safe at any burst, a dead one at what its queue holds', () => {
    assert.equal(largestSafeBurst(512, { accept: 3000, arrival: 3000 }), Number.POSITIVE_INFINITY);
    assert.equal(largestSafeBurst(512, { accept: 0, arrival: 9000 }), 512);
    assert.equal(largestSafeBurst(512, { accept: 4500, arrival: 9000 }), 1024);
  });

  it('is what a queue that fills and drains at these rates gives', () => {
    const slow = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), slow, slow, (holds, accept, more) => {
        const arrival = accept + more;
        let burst = 0;
        // The nth user comes at n/arrival; by then the server has taken accept/arrival users for each.
        while (burst + 1 - ((burst + 1) * accept) / arrival <= holds) burst += 1;
        const predicted = largestSafeBurst(holds, { accept, arrival });
        assert.ok(Math.abs(predicted - burst) <= 1, `${predicted} and ${burst}`);
      }),
    );
  });

  it('never below what the queue holds, and no less for a faster server', () => {
    fc.assert(
      fc.property(capacity, rate, rate, rate, (holds, accept, faster, arrival) => {
        const one = largestSafeBurst(holds, { accept, arrival });
        assert.ok(one >= holds);
        assert.ok(largestSafeBurst(holds, { accept: accept + faster, arrival }) >= one);
      }),
    );
  });

  it('served before their patience ends: rate × time', () => {
    assert.equal(servedInTime(12_000, { serve: 100 }), 1200);
  });

  it('each in turn: of one burst rate × time, all of those that come no faster than they are served', () => {
    const burst = Array.from({ length: 500 }, () => 7);
    assert.equal(servedInTurn(burst, 10, 1200), servedInTime(1200, { serve: 100 }));
    const paced = Array.from({ length: 500 }, (_, user) => user * 10);
    assert.equal(servedInTurn(paced, 10, 10), 500);
    assert.equal(servedInTurn([], 10, 10), 0);
  });

  it('each in turn: who comes after those that gave up waits for them too', () => {
    const [burst, late] = [Array.from({ length: 300 }, () => 0), [1500]];
    assert.equal(servedInTurn([...burst, ...late], 10, 1200), 120);
    assert.equal(servedInTurn([...burst, 2000], 10, 1200), 121);
  });
});

describe('laws: which one limits', () => {
  const input: LawInput = {
    nofile: 4096,
    descriptors: [...Array(24).keys()],
    backlog: 511,
    somaxconn: 128,
    stopped: false,
    ports: { first: 32_768, last: 60_999, addresses: 1 },
    listening: [8080],
    waiting: 0,
    robotsRoom: 19_976,
    maxConnections: 0,
  };

  for (const [changed, law, users] of [
    [{}, 'descriptors', 4072],
    [{ stopped: true }, 'accept-queue', 129],
    [{ stopped: true, waiting: 100 }, 'accept-queue', 29],
    [{ stopped: true, waiting: 200 }, 'accept-queue', 0],
    [{ ports: { first: 40_000, last: 40_099, addresses: 1 } }, 'ports', 100],
    [{ robotsRoom: 41 }, 'robots-descriptors', 41],
    [{ maxConnections: 30 }, 'max-connections', 30],
    [{ nofile: 64, waiting: 10 }, 'descriptors', 30],
    [{ nofile: 64, stopped: true, somaxconn: 30 }, 'accept-queue', 31],
    [{ nofile: 64, stopped: true, somaxconn: 50 }, 'descriptors', 40],
    [{ robotsRoom: 41, waiting: 10 }, 'robots-descriptors', 31],
    [{ maxConnections: 30, waiting: 10 }, 'max-connections', 30],
    [{ maxConnections: 30, waiting: 10, capSilent: true }, 'max-connections', 20],
  ] as const) {
    it(`${JSON.stringify(changed)}: ${law}, ${users} users`, () => {
      const least = limitingLaw({ ...input, ...changed });
      assert.deepEqual([least?.law.name, least?.users], [law, users]);
    });
  }

  it('without anything known none predicts', () => {
    assert.equal(limitingLaw({ stopped: true, listening: [], waiting: 0 }), undefined);
  });

  it('every law has a name and settings of its own, and settings that exist', () => {
    assert.equal(new Set(LAWS.map(({ name }) => name)).size, LAWS.length);
    const moved = LAWS.flatMap(({ settings }) => settings);
    assert.equal(new Set(moved).size, moved.length);
    for (const name of [...moved, ...LAWS.flatMap(({ alone }) => Object.keys(alone))])
      assert.ok((SETTING_NAMES as string[]).includes(name), name);
  });
});
