import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';

const LIMIT = 100;
const AT_REST = 23;
const ROOM = LIMIT - AT_REST;

describe('facts: descriptors between two samples', () => {
  it('a load that no sample saw at its height: full all the same, and it says by what', () => {
    const facts = drawFacts(shortLoad(ROOM, 73));
    assert.equal(facts.descriptors?.peak, LIMIT);
    assert.equal(facts.descriptors.read, 'descriptors and robots');
    assert.ok(facts.descriptors.full);
    const verdict = judge(facts, CAUSES).find(({ cause }) => cause === 'fd-exhaustion');
    assert.equal(verdict?.verdict, 'confirmed');
    assert.equal(verdict.explains, 73);
  });

  it('one open user less: there was room, so it is not the descriptors', () => {
    const facts = drawFacts(shortLoad(ROOM - 1, 73));
    assert.equal(facts.descriptors?.peak, LIMIT - 1);
    assert.equal(facts.descriptors.full, undefined);
    assert.equal(judge(facts, CAUSES).find(({ cause }) => cause === 'fd-exhaustion')?.verdict, 'refuted');
  });
});

describe('facts: a limit that is below what a stranger’s process holds', () => {
  it('was set after those were opened: that is not all in use', () => {
    const facts = (nofileSoft: number) => {
      const evidence = shortLoad(0, 5);
      const { before, series } = evidence.observer;
      assert.ok(before?.process);
      before.process.nofileSoft = nofileSoft;
      for (const line of series) line.descriptors = AT_REST;
      before.server = { port: 80, addresses: ['*'], holders: [{ name: 's', ...before.process }], unseen: [] };
      return drawFacts(evidence).descriptors;
    };
    assert.ok(facts(AT_REST)?.full, 'as many as there may be');
    assert.equal(facts(1)?.full, undefined);
  });
});

/** Samples before and after the load only. */
function shortLoad(open: number, reset: number): Evidence {
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settingsSchema.parse({ users: open + reset, nofile: LIMIT }),
  });
  const bets = { placed: 0, acked: 0, rejected: 0 };
  const base = { event: 'user', startedAt: 1000, bets } as const;
  for (let id = 0; id < open; id += 1) {
    evidence.fleet.users.push({ ...base, id, outcome: 'open', stage: 'open', connectedMs: 1, openMs: 20 });
  }
  for (let id = open; id < open + reset; id += 1) {
    const outcome = { outcome: 'reset', stage: 'upgrade', errno: 'ECONNRESET' } as const;
    evidence.fleet.users.push({ ...base, id, ...outcome, connectedMs: 1, endedMs: 25 });
  }
  evidence.fleet.phases.push({ event: 'phase', at: 1030, phase: 'settled' });
  evidence.observer.before = {
    event: 'snapshot',
    at: 900,
    when: 'before',
    counters: {},
    sysctls: {},
    process: {
      pid: 1,
      nofileSoft: LIMIT,
      nofileHard: LIMIT,
      descriptors: [...Array(AT_REST).keys()],
      user: 0,
    },
    cost: { cpuMicros: 0, wallMs: 1, samples: 0 },
  };
  for (const at of [990, 1040]) {
    evidence.observer.series.push({
      event: 'observed',
      at,
      descriptors: AT_REST + 3,
      state: 'S',
      deltas: {},
    });
  }
  return evidence;
}
