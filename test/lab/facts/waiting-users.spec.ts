import assert from 'node:assert/strict';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { type WaitingFacts, waitingFacts } from '../../../lab/facts/waiting-users.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
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
}

/** From looks 100 ms apart. `busy`: the part of the time that its readers were at work; absent: not known. */
function facts(
  looks: readonly Look[],
  busy: number | null = 0.01,
  letGoAt?: number,
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
});
