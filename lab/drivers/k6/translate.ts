import {
  type FleetDoneLine,
  type FleetSelf,
  OUTCOMES,
  type PhaseLine,
  type ProgressLine,
  type UserLine,
} from '../../../protocol/fleet-events.ts';
import { bottlenecks } from '../../../robots/bottlenecks.ts';
import type { K6Count, K6Line, K6Phase, K6User } from '../../../robots/k6/lines.ts';
import { firstBytes, printed } from '../../../robots/said.ts';
import { untoldUser } from '../untold-user.ts';

/** Of users that k6 did not tell of. */
const UNTOLD = 'k6 ended before it reported this user';
const STAGES = ['connect', 'upgrade', 'open'];
const PHASES = ['load', 'settled', 'betting', 'done'] as const;

/** A console line of our scripts; undefined for any other text, such as k6's own warnings. */
export function parseK6Line(text: string): K6Line | undefined {
  if (!text.startsWith('{"k6":')) return undefined;
  try {
    const line = JSON.parse(text) as K6Line;
    return isLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

function isLine(line: K6Line): boolean {
  switch (line.k6) {
    case 'phase':
      return [line.vu, line.vus, line.at].every(Number.isFinite) && PHASES.includes(line.phase);
    case 'count': {
      const { vu, at, started, open, failed, placed, acked } = line;
      return [vu, at, started, open, failed, placed, acked].every(Number.isFinite);
    }
    case 'user': {
      const { placed, acked, rejected } = line.bets ?? {};
      const numbers = [line.id, line.startedAt, placed, acked, rejected].every(Number.isFinite);
      return numbers && OUTCOMES.includes(line.outcome) && STAGES.includes(line.stage);
    }
    default:
      return false;
  }
}

/** Makes the fleet's lines of what the scripts say. Pure: no clock, no process. */
export class Translation {
  readonly #asked: number;
  readonly #connectTimeoutMs: number;
  readonly #counts = new Map<number, K6Count>();
  readonly #reached: Record<K6Phase['phase'], Set<number>> = {
    load: new Set(),
    settled: new Set(),
    betting: new Set(),
    done: new Set(),
  };
  readonly #users = new Map<number, UserLine>();

  constructor(asked: number, connectTimeoutMs: number) {
    this.#asked = asked;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** Takes a line, and gives what it tells at once. */
  take(line: K6Line): (UserLine | PhaseLine)[] {
    if (line.k6 === 'count') this.#counts.set(line.vu, line);
    if (line.k6 === 'phase') return this.#phase(line);
    return line.k6 === 'user' ? this.#user(line) : [];
  }

  /** Has every user been told of? */
  get complete(): boolean {
    return this.#users.size >= this.#asked;
  }

  progress(at: number, self: FleetSelf): ProgressLine {
    const counts = [...this.#counts.values()];
    const sum = (of: (count: K6Count) => number) => counts.reduce((total, count) => total + of(count), 0);
    return {
      event: 'progress',
      at,
      asked: this.#asked,
      started: sum(({ started }) => started),
      open: sum(({ open }) => open),
      failed: sum(({ failed }) => failed),
      bets: { placed: sum(({ placed }) => placed), acked: sum(({ acked }) => acked) },
      self,
    };
  }

  /** The last lines. Users that k6 did not tell of, since it ended before, are `other`. */
  finish(at: number, self: FleetSelf): (UserLine | FleetDoneLine)[] {
    const untold: UserLine[] = [];
    for (let id = 0; id < this.#asked; id += 1)
      if (!this.#users.has(id)) untold.push(untoldUser(id, at, UNTOLD));
    const users = [...this.#users.values(), ...untold];
    const failures = users.flatMap(({ outcome }) => (outcome === 'open' ? [] : [{ failure: { outcome } }]));
    const bets = (name: keyof UserLine['bets']) => users.reduce((total, user) => total + user.bets[name], 0);
    const done: FleetDoneLine = {
      event: 'done',
      at,
      asked: this.#asked,
      open: users.length - failures.length,
      failed: failures.length,
      bets: { placed: bets('placed'), acked: bets('acked'), rejected: bets('rejected') },
      settledMs: settledMs(this.#users.values()),
      self,
      ...(untold.length > 0 ? { interrupted: true } : {}),
      bottlenecks: bottlenecks(self, this.#connectTimeoutMs, failures),
    };
    return [...untold, done];
  }

  /** A phase of the fleet begins with its first VU; `settled` and `done` are reached by the last. */
  #phase({ vu, vus, phase, at }: K6Phase): PhaseLine[] {
    const reached = this.#reached[phase];
    if (reached.has(vu)) return [];
    reached.add(vu);
    const needed = phase === 'settled' || phase === 'done' ? vus : 1;
    return reached.size === needed ? [{ event: 'phase', at, phase }] : [];
  }

  #user({ k6: _, said, ...told }: K6User): UserLine[] {
    if (this.#users.has(told.id) || told.id < 0 || told.id >= this.#asked) return [];
    const user: UserLine = { event: 'user', ...told };
    if (typeof said === 'string') user.said = printed(firstBytes('', Buffer.from(said)));
    // To k6 the TCP handshake and the upgrade are one: which of them took too long is not known.
    if (user.outcome === 'timeout' && user.stage !== 'open') user.stageUnknown = true;
    this.#users.set(user.id, user);
    return [user];
  }
}

/** From the first connect to the last user open or failed, ms. */
function settledMs(users: Iterable<UserLine>): number {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { startedAt, openMs, endedMs } of users) {
    first = Math.min(first, startedAt);
    last = Math.max(last, startedAt + (openMs ?? endedMs ?? 0));
  }
  return last > 0 ? Math.round((last - first) * 10) / 10 : 0;
}
