import assert from 'node:assert/strict';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import type { ObservedLine } from '../../../lab/evidence/lines.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { drawFacts } from '../../../lab/verdict/facts.ts';
import { judgeOutside } from '../../../lab/verdict/outside.ts';

/** How the connections of a server stood, each 100 ms: how many there were, how many of them were there before, how many had come. */
interface Moment {
  open: number;
  stayed: number;
  came: number;
  closedFirst?: number;
  resets?: number;
}

function confirmed(moments: readonly Moment[]): string[] {
  const asked = { ...settingsSchema.parse({ users: 1 }), users: 0 };
  const host = { os: 'linux', kernel: '', node: '' };
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  evidence.observer.before = {
    event: 'snapshot',
    at: 0,
    when: 'before',
    counters: {
      'Tcp PassiveOpens': 0,
      'Tcp OutRsts': 0,
      'TcpExt ListenOverflows': 0,
      'TcpExt ListenDrops': 0,
    },
    sysctls: { somaxconn: '4096', tcp_abort_on_overflow: '0' },
    process: { pid: 1, nofileSoft: 1024, nofileHard: 1024, descriptors: [0, 1, 2], user: 0 },
    server: {
      port: 80,
      addresses: ['0.0.0.0'],
      backlog: 511,
      holders: [{ pid: 1, name: 's', user: 0, nofileSoft: 1024, nofileHard: 1024, descriptors: [0, 1, 2] }],
      unseen: [],
    },
    cost: { cpuMicros: 0, wallMs: 0, samples: 0 },
  };
  evidence.observer.series = moments.map(
    ({ open, stayed, came, closedFirst = 0, resets = 0 }, index): ObservedLine => ({
      event: 'observed',
      at: 100 * index,
      state: 'S',
      descriptors: 3 + open,
      acceptQueue: 0,
      deltas: { 'Tcp PassiveOpens': came, 'Tcp OutRsts': resets },
      server: { holders: {}, connections: open, stayed, closedFirst },
    }),
  );
  return judgeOutside(drawFacts(evidence))
    .filter(({ verdict }) => verdict === 'confirmed')
    .map(({ cause }) => cause);
}

/** Up to `cap` in steps of ten, then ten more at each moment that do not stay. */
function capped(cap: number, each: (away: number) => Partial<Moment>): Moment[] {
  return Array.from({ length: 30 }, (_, index) => {
    const came = 10 * index;
    const open = Math.min(cap, came);
    return { open, stayed: Math.min(cap, Math.max(0, came - 10)), came, ...each(came - open) };
  });
}

describe('facts: a server seen from outside', () => {
  it('a cap: the same stay, and who comes beyond them is closed, by FIN or by RST', () => {
    for (const each of [(away: number) => ({ closedFirst: away }), (away: number) => ({ resets: away })])
      assert.deepEqual(confirmed(capped(100, each)), ['app-timeout-or-panic', 'connection-cap']);
  });

  it('a cap that was reached before anybody looked: by RST alone', () => {
    const full = (each: (away: number) => Partial<Moment>) =>
      Array.from({ length: 20 }, (_, index) => ({
        open: 100,
        stayed: index ? 100 : 0,
        came: 10 * index,
        ...each(10 * index),
      }));
    assert.deepEqual(confirmed(full((away) => ({ resets: away }))), [
      'app-timeout-or-panic',
      'connection-cap',
    ]);
    assert.deepEqual(confirmed(full((away) => ({ closedFirst: away }))), [], 'it may be a health check');
  });

  it('requests that are answered and closed, always as many at once, are no cap', () => {
    const moments = Array.from({ length: 30 }, (_, index) => ({
      open: 100,
      stayed: 0,
      came: 500 * index,
      closedFirst: 500 * index,
    }));
    assert.deepEqual(confirmed(moments), []);
  });

  it('probes among users who stay are no cap', () => {
    const moments = Array.from({ length: 60 }, (_, index) => {
      const probes = Math.floor(index / 5);
      const open = Math.min(100, 10 * index);
      return {
        open,
        stayed: Math.min(100, Math.max(0, 10 * (index - 1))),
        came: open + probes,
        closedFirst: probes,
      };
    });
    assert.deepEqual(confirmed(moments), []);
  });

  it('users who leave all at once are no failure, whoever sends the RSTs', () => {
    const up = capped(1000, () => ({}));
    const [last] = up.slice(-1) as [Moment];
    assert.deepEqual(confirmed([...up, { open: 0, stayed: 0, came: last.came, resets: last.open }]), []);
  });
});
