import assert from 'node:assert/strict';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { type WaitingFacts, waitingFacts } from '../../../lab/facts/waiting-users.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import type { ServerSample } from '../../../protocol/observer-events.ts';

const EACH_MS = 100;

/** A server at one look: who waits in its queue, whom it has taken, and how many of these since the look before. */
interface Look {
  queue: number;
  held: number;
  taken?: number;
  unread?: number;
  unreleased?: number;
  readLate?: number;
  state?: string;
  /** Places in its queue, those of clients that have left among them; absent: as many as wait. */
  waiting?: number;
  starved?: number[];
}

/** From looks 100 ms apart. `busy`: the part of the time that its readers were at work; absent: not known. */
function facts(
  looks: readonly Look[],
  busy: number | null = 0.01,
  letGoAt?: number,
  lines: readonly ConnectionLine[] = [],
): WaitingFacts | undefined {
  const host = { os: 'linux', kernel: '', node: '' };
  const asked = settingsSchema.parse({ users: 1 });
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  let port = 1000;
  evidence.observer.series = looks.map(({ queue, held, taken = 0, state = 'S', ...rest }, index) => {
    const at = EACH_MS * index;
    const server: ServerSample = {
      holders: { 1: { state, threads: 1 } },
      connections: queue + held,
      held,
      ...rest,
      ...(taken > 0 ? { taken: Array.from({ length: taken }, () => port++) } : {}),
      ...(busy === null ? {} : { readers: { ofMs: at, busyMs: busy * at } }),
    };
    return { event: 'observed', at, state, deltas: {}, server };
  });
  if (letGoAt !== undefined)
    evidence.fleet.phases.push({ event: 'phase', at: letGoAt, phase: 'let-one-go', port: 1 });
  evidence.ledger.connections.push(...lines);
  return waitingFacts(evidence, Number.POSITIVE_INFINITY);
}

const times = (count: number, look: Look) => Array.from({ length: count }, () => look);
const FULL = { queue: 30, held: 20 };
const STILL = times(30, FULL);

describe('facts: who waits for a server that has time', () => {
  it('one is taken for each that leaves', () => {
    const turns = Array.from({ length: 40 }, (_, index) => ({ ...FULL, taken: index % 4 === 0 ? 1 : 0 }));
    assert.partialDeepStrictEqual(facts(turns), {
      kind: 'one for each',
      level: 20,
      most: 30,
      where: 'queue',
    });
  });

  it('by the one that was let go: one taken, or nobody; and open where nobody leaves', () => {
    const taken = [
      ...times(10, FULL),
      { queue: 29, held: 20, taken: 1 },
      ...times(15, { queue: 29, held: 20 }),
    ];
    assert.partialDeepStrictEqual(facts(taken, 0.01, 950), { kind: 'one for each', letOneGo: { taken: 1 } });
    const nobody = [...times(10, FULL), ...times(16, { queue: 30, held: 19 })];
    assert.partialDeepStrictEqual(facts(nobody, 0.01, 950), { kind: 'nobody', letOneGo: { taken: 0 } });
    assert.equal(facts(STILL)?.kind, 'open');
  });

  it('one whose client left and which the server never closed proves nothing, unless a thread has many', () => {
    const left = (held: number) => [
      ...times(10, { queue: 30, held: held + 1 }),
      ...times(16, { queue: 30, held, unreleased: 1 }),
    ];
    assert.equal(facts(left(1), 0.01, 950)?.kind, 'open');
    assert.equal(facts(left(20), 0.01, 950)?.kind, 'nobody');
  });

  it('those that are in leave when nobody waits any more but whose clients have gone: a server with a slow beat has not seen it', () => {
    const turns = [
      ...times(13, { queue: 33, held: 20, waiting: 33 }),
      { queue: 23, held: 20, waiting: 23, taken: 10 },
      ...times(18, { queue: 20, held: 20, waiting: 23 }),
      ...times(8, { queue: 0, held: 20, waiting: 23 }),
    ];
    const end = (looks: number) => times(looks, { queue: 0, held: 0, waiting: 23 });
    assert.partialDeepStrictEqual(facts([...turns, ...end(10)]), { kind: 'one for each', level: 20 });
    // Somebody waited still, or it was for too long: one that never takes anybody again.
    const waits = times(10, { queue: 1, held: 0, waiting: 23 });
    assert.notEqual(facts([...turns, ...waits])?.kind, 'one for each');
    assert.equal(facts([...turns, ...end(40)])?.kind, 'nobody');
  });

  it('nobody is in, and nobody is taken', () => {
    assert.equal(facts(times(30, { queue: 8, held: 0 }))?.kind, 'nobody');
    assert.equal(facts(times(15, { queue: 8, held: 0 }))?.kind, 'open');
  });

  it('a process that is stopped', () => {
    assert.equal(facts(STILL.map((look) => ({ ...look, state: 'T' })))?.kind, 'stopped');
  });

  it('nothing of a server at work, of a queue that runs empty, or one that is left one after another', () => {
    assert.equal(facts(STILL, 0.9), undefined);
    assert.equal(facts([...times(8, FULL), { queue: 0, held: 50 }, ...times(8, FULL)]), undefined);
    const growing = Array.from({ length: 40 }, (_, index) => ({ queue: 6, held: index, taken: 1 }));
    assert.equal(facts(growing), undefined);
  });

  it('nothing is known where nobody saw whether it had time', () => {
    assert.equal(
      facts(
        STILL.map((look, index) => ({ ...look, taken: index < 5 ? 1 : 0 })),
        null,
      )?.kind,
      'open',
    );
  });

  it('accepted and unread: some are read as others leave', () => {
    const turns = Array.from({ length: 40 }, (_, index) => ({
      queue: 0,
      held: 40,
      unread: 30,
      readLate: index % 5 === 0 ? 1 : 0,
    }));
    assert.partialDeepStrictEqual(facts(turns), {
      kind: 'one for each',
      level: 10,
      most: 30,
      where: 'unread',
    });
  });

  it('a full house is one as long as nobody leaves, also where who waited has gone', () => {
    const gone = { queue: 0, waiting: 30, held: 20 };
    const turn = { queue: 20, waiting: 30, held: 20, taken: 10 };
    const looks = [
      ...times(12, { queue: 30, held: 20 }),
      { queue: 30, held: 10 },
      turn,
      ...times(5, { ...turn, taken: 0 }),
    ];
    assert.partialDeepStrictEqual(facts([...looks, ...times(30, gone)]), {
      kind: 'one for each',
      most: 30,
      taken: 10,
      left: 10,
    });
    // One has left, and nobody of those that wait is taken.
    assert.equal(facts([...looks, ...times(30, { ...gone, queue: 5, held: 19 })])?.kind, 'nobody');
  });

  it('what stood still and goes on takes all at once: no limit', () => {
    const looks = [
      ...times(20, { queue: 2, waiting: 9, held: 5 }),
      { queue: 0, waiting: 1, held: 5, taken: 2 },
    ];
    const last = { queue: 0, held: 5 };
    assert.equal(facts([...looks, last])?.kind, 'open');
    // Where there is a limit others wait on.
    const limit = [...looks.slice(0, -1), { queue: 0, waiting: 7, held: 5, taken: 2 }];
    const ends = [...limit, ...times(6, { queue: 0, waiting: 7, held: 5 }), last];
    assert.equal(facts(ends)?.kind, 'one for each');
  });

  const ALL_GONE = [...times(20, { queue: 6, held: 4 }), ...times(10, { queue: 0, waiting: 6, held: 4 })];

  it('who waited has gone, and is taken once one that was in has left of its own accord', () => {
    const looks = [...ALL_GONE, { queue: 0, held: 0 }, { queue: 0, held: 0 }];
    const unasked = line(3000, { complete: 100, sent: 0 });
    assert.partialDeepStrictEqual(facts(looks, 0.01, undefined, [unasked]), {
      kind: 'one for each',
      level: 4,
      left: 4,
      freed: 6,
    });
    // It left since it was answered: so does one whose request has held up all.
    const answered = line(3000, { complete: 100, sent: 200 });
    assert.equal(facts(looks, 0.01, undefined, [unasked, answered])?.kind, 'open');
    assert.equal(facts(looks)?.kind, 'open');
    // Those that were in were not answered either.
    const unread = looks.map((look) => (look.held > 0 ? { ...look, unread: 1 } : look));
    assert.equal(facts(unread, 0.01, undefined, [unasked])?.kind, 'open');
  });

  it('who waited in vain: taken or answered when it had gone', () => {
    const inQueue = (wait: number, within: number) =>
      facts(ALL_GONE, 0.01, undefined, [line(2000, { complete: 100, sent: 200, wait, within })])?.inVain;
    assert.equal(inQueue(3000, 400), 1);
    // It may have been taken before.
    assert.equal(inQueue(3000, 2000), 0);
    const unread = times(30, { queue: 0, held: 40, unread: 30, starved: [5] });
    const answeredAt = (at: number, port = 5) =>
      facts(unread, 0.01, undefined, [line(2000, { complete: 100, sent: 200, at, port })])?.inVain;
    assert.equal(answeredAt(2900), 1);
    assert.equal(answeredAt(2100), 0);
    assert.equal(answeredAt(2900, 6), 0);
  });

  it('read at the end: no more than those that were served and have left, by a server that went on accepting', () => {
    const still = Array.from({ length: 30 }, (_, index) => ({
      queue: 0,
      held: 13,
      unread: 10,
      taken: index % 5 === 0 ? 1 : 0,
    }));
    const end = [
      { queue: 0, held: 12, readLate: 2 },
      { queue: 0, held: 3 },
    ];
    const left = [5, 6].map((port) => line(3000, { complete: 100, sent: 200, port }));
    assert.equal(facts([...still, ...end], 0.01, undefined, left)?.kind, 'one for each');
    assert.equal(facts([...still, ...end], 0.01, undefined, left.slice(1))?.kind, 'open');
    const deaf = [...still.map((look) => ({ ...look, taken: 0 })), ...end];
    assert.equal(facts(deaf, 0.01, undefined, left)?.kind, 'open');
  });
});

/** A connection whose client left at `closed`; the server's last word came at `at`, by default as it left. */
function line(
  closed: number,
  {
    complete,
    sent,
    wait,
    within,
    at = closed,
    port = 5,
  }: { complete: number; sent: number; wait?: number; within?: number; at?: number; port?: number },
): ConnectionLine {
  const told = <T>(is: T) => ({ is, by: 'ss -E' as const });
  return {
    event: 'connection',
    at,
    local: '127.0.0.1:80',
    remote: `127.0.0.1:${port}`,
    complete: told(complete),
    accepted: told(true),
    closed: told(closed),
    closedBy: told('client'),
    age: told(closed - complete),
    sent: told(sent),
    silentIn: told(at - complete),
    ...(sent > 0 ? { silentOut: told(0) } : {}),
    ...(wait === undefined || within === undefined ? {} : { wait: { ...told(wait), within } }),
  };
}
