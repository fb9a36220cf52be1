import assert from 'node:assert/strict';
import { watchWorker } from '../../../lab/beside/pick-worker.ts';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { judgeOutside, type OutsideVerdict } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { HolderSample, ObservedLine } from '../../../protocol/observer-events.ts';
import { closedLine, resetLine, unacceptedLine } from './made-connections.ts';

/** How the connections of a server stood, each 100 ms: how many there were, how many of them were there before, how many had come. */
interface Moment {
  open: number;
  stayed: number;
  came: number;
  closedFirst?: number;
  resets?: number;
  /** More of them, that accept(2) has not taken yet. */
  queued?: number;
  /** So many of these were there before. */
  waited?: number;
  /** Those that were reset had never been accepted. */
  unaccepted?: boolean;
  /** Those that it closed first had asked, and were answered. */
  answered?: boolean;
  /** False: nothing listens on its port. */
  listens?: boolean;
  /** The states of its processes, pid 1 first; one: alive. */
  states?: string;
  /** Of others in its network namespace, whose counters count all: connections that came to them, RSTs that they sent. */
  foreign?: { came?: number; resets?: number };
  /** Descriptors in use; absent: as its connections need. */
  descriptors?: number;
}

function confirmed(moments: readonly Moment[]): string[] {
  return judged(moments)
    .filter(({ verdict }) => verdict === 'confirmed')
    .map(({ cause }) => cause);
}

function judged(moments: readonly Moment[]): OutsideVerdict[] {
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
      others: [5432],
      unseen: [],
    },
    cost: { cpuMicros: 0, wallMs: 0, samples: 0 },
  };
  evidence.observer.series = moments.map(
    (
      {
        open,
        stayed,
        came,
        closedFirst = 0,
        resets = 0,
        queued = 0,
        waited = 0,
        listens = true,
        states = 'S',
        foreign = {},
        descriptors = 3 + open,
      },
      index,
    ): ObservedLine => ({
      event: 'observed',
      at: 100 * index,
      state: 'S',
      descriptors,
      // With the last process its listener goes.
      ...(listens && /[^-]/.test(states) ? { acceptQueue: 0 } : {}),
      deltas: {
        'Tcp PassiveOpens': came + (foreign.came ?? 0),
        'Tcp OutRsts': resets + (foreign.resets ?? 0),
      },
      server: {
        holders: Object.fromEntries([...states].map((letter, at) => [at + 1, stateOf(letter, descriptors)])),
        connections: open + queued,
        stayed: stayed + waited,
        held: open,
        heldStayed: stayed,
        closedFirst,
      },
    }),
  );
  evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', lost: 0 };
  let before: Partial<Moment> = {};
  for (const [index, moment] of moments.entries()) {
    const grown = (name: 'resets' | 'closedFirst') => (moment[name] ?? 0) - (before[name] ?? 0);
    const at = 100 * index - 50;
    for (let one = 0; one < grown('resets'); one += 1)
      evidence.ledger.connections.push(moment.unaccepted ? unacceptedLine(at) : resetLine(at));
    for (let one = 0; one < grown('closedFirst'); one += 1)
      evidence.ledger.connections.push(closedLine(at, moment.answered ? 300 : 0, moment.answered ? 80 : 0));
    before = moment;
  }
  watchWorker(evidence);
  return judgeOutside(drawFacts(evidence), CAUSES);
}

function stateOf(letter: string, descriptors: number): HolderSample {
  return letter === '-' ? { state: 'gone' } : { state: letter, descriptors };
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

  it('users who stay, and short requests that come later and are answered: neither a cap nor a failure', () => {
    const answered = capped(100, (away) => ({ closedFirst: away, answered: true }));
    const words = judged(answered).map(({ verdict }) => verdict);
    assert.ok(!words.includes('confirmed') && !words.includes('unknown'));
    const cap = judged(answered).find(({ cause }) => cause === 'connection-cap');
    assert.equal(
      cap?.verdict,
      'insufficient-data',
      'or a cap that says what it is: the kernel does not show which',
    );
    assert.match(JSON.stringify(cap?.against), /answered and closed by the server at once/);
    const silent = capped(100, (away) => ({ closedFirst: away }));
    assert.deepEqual(confirmed(silent), ['app-timeout-or-panic', 'connection-cap']);
  });

  it('one of three reset beside a pool, and the others served: no cap, and not nothing', () => {
    const moments = Array.from({ length: 30 }, (_, index) => ({
      open: 5,
      stayed: index ? 5 : 0,
      came: 15 * index,
      resets: 5 * index,
      closedFirst: 10 * index,
      answered: true,
    }));
    assert.deepEqual(confirmed(moments), []);
    assert.equal(judged(moments).find(({ cause }) => cause === 'unknown')?.explains, 145);
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
    assert.deepEqual(
      confirmed([...up, { open: 0, stayed: 0, came: last.came, foreign: { resets: last.open } }]),
      [],
    );
  });

  it('a burst between two counts: who of them was closed nobody knows, a cap or one in seven', () => {
    const burst = Array.from({ length: 20 }, (_, index) => ({
      open: index ? 120 : 0,
      stayed: index > 1 ? 120 : 0,
      came: index ? 140 : 0,
      resets: index ? 20 : 0,
    }));
    assert.deepEqual(confirmed(burst), []);
    const cap = judged(burst).find(({ cause }) => cause === 'connection-cap');
    assert.equal(cap?.verdict, 'insufficient-data');
    // Nearly all had come: one in seven of the rest is closed as well, and the others stay.
    const late = burst.map((moment, index) => ({
      ...moment,
      ...(index === 1 ? { open: 114, came: 133, resets: 19 } : index === 2 ? { stayed: 114 } : {}),
    }));
    assert.deepEqual(confirmed(late), []);
  });

  it('who waits in the queue is not held: that they go is not the end of the load', () => {
    const moments = Array.from({ length: 20 }, (_, index) => ({
      open: index > 1 ? 50 : 0,
      queued: index === 1 ? 120 : 0,
      stayed: index > 2 ? 50 : 0,
      came: index ? 120 : 0,
      resets: index > 1 ? 70 : 0,
    }));
    const unknown = judged(moments).find(({ cause }) => cause === 'unknown');
    assert.equal(unknown?.explains, 70);
  });

  it('who leaves the queue unaccepted was not turned away by a cap', () => {
    const moments = Array.from({ length: 20 }, (_, index) => ({
      open: index ? 50 : 0,
      stayed: index > 1 ? 50 : 0,
      queued: index > 3 && index < 12 ? 70 : 0,
      waited: index > 4 && index < 12 ? 70 : 0,
      came: index > 3 ? 120 : index && 50,
      resets: index < 12 ? 0 : 70,
      unaccepted: true,
    }));
    assert.deepEqual(confirmed(moments), []);
  });

  it('a burst of which most came when the height was reached: a cap', () => {
    const burst = Array.from({ length: 20 }, (_, index) => ({
      open: index ? 50 : 0,
      stayed: index > 1 ? 50 : 0,
      came: [0, 80, 120][index] ?? 120,
      resets: [0, 30, 70][index] ?? 70,
    }));
    assert.deepEqual(confirmed(burst), ['app-timeout-or-panic', 'connection-cap']);
  });

  it('a worker that ends while others live is not the end of the server', () => {
    const moments = (states: string) =>
      capped(1000, () => ({})).map((moment, index) => ({ ...moment, states: index < 20 ? 'SS' : states }));
    for (const states of ['-S', 'S-']) assert.deepEqual(confirmed(moments(states)), []);
    assert.deepEqual(confirmed(moments('--')), ['app-timeout-or-panic']);
    const words = new Map(judged(moments('S-')).map(({ cause, verdict }) => [cause, verdict]));
    for (const cause of ['gateway-crash', 'memory-kill', 'app-timeout-or-panic'])
      assert.equal(words.get(cause), 'insufficient-data', `${cause}: how the one ended is not known`);
  });

  it('RSTs to those it had, and to who comes after its end, are of the end: nothing is left unexplained', () => {
    const moments = capped(1000, () => ({})).map((moment, index) =>
      index < 20 ? moment : { ...moment, open: 0, stayed: 0, states: '-', resets: 30 * index },
    );
    const told = judged(moments).filter(({ verdict }) => verdict === 'confirmed' || verdict === 'unknown');
    assert.deepEqual(
      told.map(({ cause }) => cause),
      ['app-timeout-or-panic'],
    );
  });

  it('a listener that goes and comes back, of a server that lives: a restart', () => {
    const moments = capped(1000, () => ({})).map((moment, index) => {
      const resets = 10 * Math.max(0, Math.min(index, 18) - 11);
      return { ...moment, resets, listens: index < 12 || index >= 18 };
    });
    assert.deepEqual(confirmed(moments), ['app-timeout-or-panic', 'gateway-restart']);
  });

  it('a listener that goes for good, of a server that lives: no restart, and who was reset then is told of', () => {
    const moments = capped(1000, () => ({})).map((moment, index) => {
      const resets = 10 * Math.max(0, Math.min(index, 18) - 11);
      return { ...moment, resets, listens: index < 12 };
    });
    assert.deepEqual(confirmed(moments), []);
    const words = new Map(judged(moments).map(({ cause, verdict }) => [cause, verdict]));
    assert.deepEqual([words.get('gateway-restart'), words.get('unknown')], ['insufficient-data', 'unknown']);
  });

  it('closed by the server, and nobody asked the users: neither a cap nor its own doing is ruled out', () => {
    const moments = capped(1000, () => ({})).map((moment, index) => ({ ...moment, closedFirst: index }));
    const words = new Map(judged(moments).map(({ cause, verdict }) => [cause, verdict]));
    assert.equal(words.get('connection-cap'), 'insufficient-data');
    assert.equal(words.get('app-timeout-or-panic'), 'insufficient-data');
  });
});

/** Three seconds of a server with others in its namespace: `each` gives both at each moment. */
function beside(each: (index: number) => Partial<Moment>): Moment[] {
  return Array.from({ length: 30 }, (_, index) => ({
    open: 5,
    stayed: index ? 5 : 0,
    came: 0,
    ...each(index),
  }));
}

/** A server that nothing happens to, or what does; what others do at each moment; and the causes that may be confirmed. */
const NEIGHBOURS: [what: string, moments: Moment[], right: string[]][] = [
  ['a neighbour whose clients come and are served', beside((at) => ({ foreign: { came: 10 * at } })), []],
  ['a neighbour that sends RSTs to nobody new', beside((at) => ({ foreign: { resets: 10 * at } })), []],
  [
    'a neighbour that resets its own clients, beside five pooled connections',
    beside((at) => ({ foreign: { came: at, resets: at } })),
    [],
  ],
  [
    'a neighbour that resets half of its own, while this one fills up and holds all',
    capped(1000, () => ({})).map((moment, at) => ({ ...moment, foreign: { came: 10 * at, resets: 5 * at } })),
    [],
  ],
  [
    'every descriptor in use and nobody turned away, and one RST of a neighbour',
    beside((at) => ({ descriptors: at > 5 ? 1024 : 8, foreign: { resets: at > 10 ? 1 : 0 } })),
    [],
  ],
  [
    'every descriptor in use, and a neighbour whose clients come and are served',
    beside((at) => ({ descriptors: at > 5 ? 1024 : 8, foreign: { came: 10 * at } })),
    [],
  ],
  [
    'its own clients leave in order, and those of a neighbour come',
    beside((at) => ({ open: Math.max(0, 5 - at), stayed: Math.max(0, 5 - at), foreign: { came: 10 * at } })),
    [],
  ],
  [
    'its listener goes and comes back and hurts nobody, and nobody sends RSTs',
    beside((at) => ({ listens: at < 12 || at >= 18 })),
    [],
  ],
  [
    'its listener goes and comes back and hurts nobody, and a neighbour sends RSTs',
    beside((at) => ({ listens: at < 12 || at >= 18, foreign: { resets: at } })),
    [],
  ],
  [
    'it ends when nobody is connected, and a neighbour sends RSTs',
    beside((at) => ({ open: 0, stayed: 0, states: at < 12 ? 'S' : '-', foreign: { resets: at } })),
    [],
  ],
  [
    'a cap of its own, and a neighbour whose clients are served',
    capped(100, (away) => ({ resets: away, foreign: { came: away } })),
    ['app-timeout-or-panic', 'connection-cap'],
  ],
];

describe('facts: a server seen from outside, and others in its namespace', () => {
  for (const [what, moments, right] of NEIGHBOURS)
    it(what, () => assert.deepEqual(confirmed(moments), right));
});
