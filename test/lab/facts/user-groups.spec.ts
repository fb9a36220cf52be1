import assert from 'node:assert/strict';
import { groupOutcomes, waysOf } from '../../../lab/facts/user-groups.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';

type Fared = Parameters<typeof groupOutcomes>[0] extends Iterable<infer User> ? User : never;

const times = (count: number, user: Fared): Fared[] => Array.from({ length: count }, () => user);
const refused = (status: number, said = `HTTP/1.1 ${status} Busy\\r\\nRetry-After: 5`): Fared => ({
  outcome: 'protocol',
  stage: 'upgrade',
  status,
  said,
});
const cut = (said?: string, stage: UserLine['stage'] = 'open'): Fared => ({
  outcome: 'eof',
  stage,
  ...(said !== undefined && { said }),
});

describe('users that fared alike', () => {
  it('are grouped by status as well, and one of another kind has none', () => {
    const groups = groupOutcomes([
      ...times(3, refused(503, 'a')),
      ...times(2, refused(429, 'b')),
      { outcome: 'protocol', stage: 'upgrade' },
    ]);
    assert.deepEqual(groups, [
      { outcome: 'protocol', stage: 'upgrade', errno: null, status: 503, count: 3, said: 'a' },
      { outcome: 'protocol', stage: 'upgrade', errno: null, status: 429, count: 2, said: 'b' },
      { outcome: 'protocol', stage: 'upgrade', errno: null, count: 1 },
    ]);
  });

  it('are told of with what most of them heard', () => {
    const [group] = groupOutcomes([cut('a'), cut('b'), cut(), cut('b'), cut('a'), cut('b')]);
    assert.deepEqual([group?.count, group?.said], [6, 'b']);
  });

  it('are counted to the end when each of them heard something else', () => {
    const [group] = groupOutcomes(Array.from({ length: 5000 }, (_, i) => cut(`connection ${i}`)));
    assert.deepEqual([group?.count, group?.said], [5000, 'connection 0']);
  });

  for (const [user, way] of [
    [refused(503, 'HTTP/1.1 503 Service Unavailable\\r\\nDate: x'), '2 × HTTP 503 in upgrade'],
    [refused(429, 'HTTP/1.0 429'), '2 × HTTP 429 in upgrade'],
    [refused(503), '2 × HTTP 503 in upgrade, the server said "HTTP/1.1 503 Busy"'],
    [cut(), '2 × eof in open'],
    [cut('HTTP/1.1 101 Switching Protocols'), '2 × eof in open'],
    [cut('HTTP/1.1 200 OK'), '2 × eof in open'],
    [
      cut('HTTP/1.1 408 Request Time-out\\r\\n'),
      '2 × eof in open, the server said "HTTP/1.1 408 Request Time-out"',
    ],
    [cut('HTTP/1.1 5', 'upgrade'), '2 × eof in upgrade, the server said "HTTP/1.1 5"'],
    [
      cut('\\r\\n-ERR max number of clients reached\\r\\n'),
      '2 × eof in open, the server said "-ERR max number of clients reached"',
    ],
  ] as const)
    it(`are printed as ${way}`, () => assert.deepEqual(waysOf(groupOutcomes([user, user])), [way]));

  it('are not printed when they are open', () => {
    assert.deepEqual(waysOf(groupOutcomes([{ outcome: 'open', stage: 'open' }])), []);
  });
});
