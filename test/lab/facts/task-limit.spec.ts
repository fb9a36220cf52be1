import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import type { ConnectionFacts } from '../../../lab/facts/connections.ts';
import { taskLimitFacts } from '../../../lab/facts/task-limit.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { TaskLimit } from '../../../protocol/observer-events.ts';
import { resetLine } from './made-connections.ts';

const where = '/sys/fs/cgroup/a';

/** A server with so many threads, and so many connections, whose cgroup was seen like this each second from 1000 on; and one closed at each of these times. */
function factsOf(
  threads: number | number[],
  tasks: Partial<TaskLimit>[],
  closes: number[],
  refused: number[] = [],
  held: number[] = [],
) {
  const host = { os: 'linux', kernel: '0', node: 'v0' };
  const asked = settingsSchema.parse({ users: 1 });
  const evidence: Evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  evidence.observer.series = tasks.map((one, index) => ({
    event: 'observed',
    at: 1000 * (index + 1),
    state: '?',
    deltas: {},
    server: {
      holders: {
        7: { state: 'S', threads: typeof threads === 'number' ? threads : (threads[index] as number) },
      },
      ...(held[index] === undefined ? {} : { held: held[index] }),
      tasks: [{ by: 'pids.max', where, ...one }],
    },
  }));
  evidence.processes = refused.map((at) => ({ event: 'process', at, pid: 7, what: 'refused', count: 1 }));
  const ends = closes.map((at) => ({ at, fate: 'turned away' as const, atOnce: true, line: resetLine(at) }));
  return taskLimitFacts(evidence, Infinity, { ends } as unknown as ConnectionFacts);
}

describe('facts: the limit of processes and threads', () => {
  it('those that were closed while it was reached, one for each fork that was refused', () => {
    const seen = [
      { limit: 100, used: 50, refused: 0 },
      { limit: 100, used: 100, refused: 2 },
      { limit: 100, used: 100, refused: 3 },
    ];
    const facts = factsOf(95, seen, [500, 2100, 2200, 3100, 3200]);
    assert.deepEqual([facts?.own, facts?.ends.length, facts?.refused], [true, 3, 3]);
  });

  it('of a cgroup that others fill it is not known whose it is, unless its own forks were refused', () => {
    const seen = [{ limit: 100, used: 100, refused: 2 }];
    assert.equal(factsOf(10, seen, [1100, 1150])?.own, false);
    assert.equal(factsOf(10, seen, [1100, 1150], [1100, 1150])?.own, true);
  });

  it('a thread for each connection that it holds: whatever others have of the limit, it has none for the next', () => {
    const tasks = [
      { limit: 100, used: 60 },
      { limit: 100, used: 80 },
      { limit: 100, used: 100 },
    ];
    assert.equal(factsOf([1, 11, 21], tasks, [3100], [], [0, 10, 20])?.own, true);
    assert.equal(factsOf([1, 2, 3], tasks, [3100], [], [0, 10, 20])?.own, false, 'threads of its own accord');
    assert.equal(factsOf([21, 21, 21], tasks, [3100], [], [0, 10, 20])?.own, false, 'a pool');
  });

  it('below it nobody was closed for it', () => {
    const facts = factsOf(90, [{ limit: 100, used: 90, refused: 0 }], [1100]);
    assert.deepEqual([facts?.full, facts?.ends.length], [undefined, 0]);
  });
});
