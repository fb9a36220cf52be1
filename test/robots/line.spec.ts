import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { type Life, NOT_YET, userLine, userText } from '../../robots/line.ts';
import { Robot, type World } from '../../robots/robot.ts';

const at = fc.oneof(fc.constant(NOT_YET), fc.constant(0), fc.double({ min: 0.1, max: 1e7, noNaN: true }));
const count = fc.nat(50);

const life: fc.Arbitrary<Life> = fc.record({
  id: fc.nat(),
  stage: fc.constantFrom('connect', 'tls', 'upgrade', 'open'),
  failure: fc.option(fc.constant({ outcome: 'reset', errno: 'ECONNRESET' } as const), { nil: undefined }),
  port: fc.nat(65_535),
  startedAt: fc.double({ min: 0.1, max: 1e7, noNaN: true }),
  connectedAt: at,
  securedAt: at,
  openAt: at,
  endedAt: at,
  leftAt: at,
  hadRead: fc.option(fc.constant({ bytes: 7 }), { nil: undefined }),
  attempts: fc.integer({ min: 1, max: 2 }),
  earlier: fc.constant(undefined),
  placed: count,
  acked: count,
  rejected: count,
  slowestAckMs: fc.oneof(fc.constant(-Infinity), at),
  idleMs: at,
  said: fc.constantFrom('', 'HTTP/1.1 503 "Busy"\r\n'),
});

describe("a user's line", () => {
  it('is as text what JSON.stringify makes of it', () => {
    fc.assert(
      fc.property(life, fc.double({ min: 0, max: 2e12, noNaN: true }), (life, epoch) => {
        assert.equal(userText(life, epoch), `${JSON.stringify(userLine(life, epoch))}\n`);
      }),
      { numRuns: 1000 },
    );
  });

  it('is made of fields that keep their layout when their times come', () => {
    setFlagsFromString('--allow-natives-syntax');
    const alike = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean;
    setFlagsFromString('--no-allow-natives-syntax');
    const [lives, waits] = [new Robot(1, {} as World), new Robot(2, {} as World)];
    const times = ['startedAt', 'connectedAt', 'securedAt', 'openAt', 'endedAt', 'leftAt', 'betAt'] as const;
    for (const name of [...times, 'idleMs', 'slowestAckMs'] as const) {
      lives[name] = 1.5;
      assert.ok(alike(lives, waits), name);
    }
  });
});
