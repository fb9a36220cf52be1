import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { connectionFacts } from '../../../lab/facts/connections.ts';
import { partEnds } from '../../../lab/facts/part-ends.ts';
import { wasCutWith, workerEnds } from '../../../lab/facts/worker-ends.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { Outcome, UserLine } from '../../../protocol/fleet-events.ts';
import type { SnapshotLine } from '../../../protocol/observer-events.ts';
import { closedLine } from './made-connections.ts';

const BEGUN = 1000;
const user = (outcome: Outcome, at: number): UserLine => {
  const bets = { placed: 0, acked: 0, rejected: 0 };
  return { event: 'user', id: 0, outcome, stage: 'open', startedAt: BEGUN, endedMs: at - BEGUN, bets };
};

/**
 * A server whose processes were seen each 100 ms from 1100 on, a letter each at a time: `S` alive, `-` gone, `Z` not waited for, a
 * space: not seen yet. And users that were reset then.
 */
function evidenceOf(processes: string[], cut: number[], outcome: Outcome = 'reset'): Evidence {
  const host = { os: 'linux', kernel: '0', node: 'v0' };
  const asked = settingsSchema.parse({ users: 1 });
  const evidence = noEvidence({ host, runtime: 'native', driver: 'robots', exclusive: false, asked });
  evidence.fleet.users = cut.map((at) => user(outcome, at));
  evidence.observer.series = Array.from(processes[0] ?? '', (_, index) => ({
    event: 'observed',
    at: 1100 + 100 * index,
    state: 'S',
    deltas: {},
    server: {
      holders: Object.fromEntries(
        processes.flatMap((states, pid) => {
          const letter = states[index];
          if (letter === ' ' || letter === undefined) return [];
          return [[pid + 1, { state: letter === '-' ? 'gone' : letter }]];
        }),
      ),
    },
  }));
  return evidence;
}

/** So many processes hold the listener as the watch begins. */
function beforeOf(processes: number): SnapshotLine {
  const cost = { cpuMicros: 0, wallMs: 0, samples: 0 };
  const holders = Array.from({ length: processes }, (_, index) => ({
    ...{ pid: index + 1, name: 'worker', user: 0, parent: 1 },
    ...{ nofileSoft: 1024, nofileHard: 1024, descriptors: [] },
  }));
  const server = { port: 80, addresses: ['*'], holders, unseen: [] };
  return { event: 'snapshot', at: 0, when: 'before', counters: {}, sysctls: {}, server, cost };
}

const ends = (evidence: Evidence, until = Infinity) => workerEnds(evidence, until);

describe('facts: processes of a server that others outlived', () => {
  it('one that takes several users with it has ended first, also before its parent has waited for it', () => {
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [1400, 1410])), [1400]);
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSZ---'], [1400, 1410])), [1300]);
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [1400, 1410], 'eof')), [1400]);
  });

  it('one that ends with its one connection, or with none, took nobody with it', () => {
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [1400])), []);
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [])), []);
    // As many processes as users, and two more users than one of them.
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---', 'SSS---'], [1400, 1410, 1420])), []);
    assert.deepEqual(
      ends(evidenceOf(['SSSSSS', 'SSS---', 'SSS---'], [1400, 1410, 1420, 1430])),
      [1400, 1400],
    );
  });

  it('where each connection has a process of its own, many that end at once did not end with one of them', () => {
    // Four went one after another with one connection each; six connections end as the next one goes, whose processes nobody saw.
    const oneEach = [
      'SSSSSSSSSSSSSSS',
      'S--------------',
      'SSS------------',
      'SSSSS----------',
      'SSSSSSSSSSSS---',
    ];
    const together = [2290, 2292, 2294, 2296, 2298, 2300];
    const evidence = evidenceOf(oneEach, []);
    assert.deepEqual(workerEnds(evidence, Infinity, together), [], 'no more than the moment');
    assert.deepEqual(workerEnds(evidence, Infinity, [...together, 2301, 2302]), [2300], 'a crowd of more');
    evidence.observer.before = { ...beforeOf(5), at: 1000 };
    evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', lost: 0 };
    const closed = (times: number[]) => times.map((at) => closedLine(at, 900, 80, 3000));
    evidence.ledger.connections.push(...closed(together));
    const parts = () => partEnds(evidence, Infinity, connectionFacts(evidence, Infinity));
    assert.deepEqual(parts(), []);
    evidence.ledger.connections.push(...closed([2301, 2302]));
    assert.deepEqual(
      parts().map(({ pid }) => pid),
      [5],
    );
  });

  it('where no robots tell, by the connections that it had held and that ended then', () => {
    const evidence = evidenceOf(['SSSSSS', 'SSS---'], []);
    assert.deepEqual(workerEnds(evidence, Infinity, [1400, 1410]), [1400]);
    assert.deepEqual(workerEnds(evidence, Infinity, [1400]), []);
  });

  it('one that somebody ends by a signal took its one user with it; one that leaves with its one did not', () => {
    // Two workers with a connection each, which end at once.
    const parts = (what: 'signal' | 'exit', sender?: number) => {
      const evidence = evidenceOf(['SSSSSS', 'SSS---', 'SSS---'], []);
      evidence.observer.before = { ...beforeOf(3), at: 1000 };
      evidence.ledger.witnesses.tracefs = { event: 'witness', at: 0, by: 'tracefs', lost: 0 };
      evidence.processes = [2, 3].map((pid) => {
        const line = { event: 'process' as const, at: 1380, pid };
        if (what === 'exit') return { ...line, what, code: 0 };
        return { ...line, what, signal: 'SIGKILL', by: { pid: sender ?? pid, name: 'sh' } };
      });
      for (const pid of [2, 3])
        evidence.ledger.connections.push({
          ...closedLine(1381, 500, 80, 3000),
          pid: { is: pid, by: 'tracefs' },
        });
      return partEnds(evidence, Infinity, connectionFacts(evidence, Infinity));
    };
    assert.deepEqual(
      parts('signal', 99).map(({ pid, cut }) => [pid, cut]),
      [
        [2, 1],
        [3, 1],
      ],
    );
    assert.deepEqual(parts('signal'), [], 'a fault of its own');
    assert.deepEqual(parts('exit'), []);
  });

  it('users that failed another way, or at another time, did not fail by it', () => {
    for (const outcome of ['timeout', 'refused', 'open'] as const)
      assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [1400, 1410], outcome)), [], outcome);
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [2000, 2010])), []);
  });

  it('one that nobody saw alive, or that ended when the load was over, says nothing', () => {
    assert.deepEqual(ends(evidenceOf(['SSSSSS', '------'], [1100, 1110])), []);
    assert.deepEqual(ends(evidenceOf(['SSSSSS', '  S---'], [1400, 1410])), [1400], 'it came later');
    assert.deepEqual(ends(evidenceOf(['SSSSSS', 'SSS---'], [1400, 1410]), 1399), []);
  });

  it('one that let others take over its listener took nobody with it, whoever is cut as it leaves', () => {
    const evidence = evidenceOf(['SSSSSS', 'SSS---'], [1400, 1410]);
    const server = evidence.observer.series[1]?.server;
    assert.ok(server);
    server.left = [1];
    assert.deepEqual(ends(evidence), [1400], 'the other one did');
    server.left = [2];
    assert.deepEqual(ends(evidence), []);
  });

  it('a user was cut by an end within half a second of it, by either clock', () => {
    const near = (at: number) => wasCutWith(user('reset', 3000), [at]);
    assert.deepEqual([2499, 2500, 3000, 3500, 3501].map(near), [false, true, true, true, false]);
    assert.equal(wasCutWith(user('reset', 3000), [100, 2600, 9000]), true);
    assert.equal(wasCutWith(user('reset', 3000), [100, 9000]), false);
    assert.equal(wasCutWith(user('refused', 3000), [3000]), false);
  });
});
