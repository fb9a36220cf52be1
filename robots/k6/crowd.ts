import exec from 'k6/execution';
import { clearInterval, setInterval, setTimeout } from 'k6/timers';
import { defined } from '../../common/defined.ts';
import { parseMessage } from '../../protocol/betting.ts';
import type { Play } from '../play.ts';
import { ramp } from '../ramp.ts';
import { type K6Settings, sharesOf } from './k6-settings.ts';
import type { K6Line, K6Phase } from './lines.ts';
import * as metrics from './metrics.ts';
import { playOf } from './rounds.ts';
import { User, type Watcher } from './user.ts';

const COUNT_MS = 200;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const CLOCK = { now: () => Date.now(), sleep, turn: () => sleep(0) };

/** The users of one VU. */
class Crowd implements Watcher {
  readonly #settings: K6Settings;
  readonly #vu: number;
  readonly #users: User[];
  readonly #play: Play<User>;
  readonly #from: number;
  #started = 0;
  #settled = 0;
  #open = 0;
  #failed = 0;
  #allSettled = () => {};
  #counted = '';

  constructor(settings: K6Settings, vu: number, from: number) {
    const { each } = sharesOf(settings);
    const first = vu * each;
    this.#settings = settings;
    this.#vu = vu;
    this.#from = from;
    this.#play = playOf(settings);
    const length = Math.min(each, settings.USERS - first);
    this.#users = Array.from({ length }, (_, i) => new User(first + i, this));
  }

  settled(user: User): void {
    this.#settled += 1;
    if (user.isOpen) this.#open += 1;
    else this.#failed += 1;
    if (this.#settled === this.#users.length) this.#allSettled();
  }

  left(user: User): void {
    this.#open -= 1;
    this.#failed += 1;
    this.#play.left(user);
  }

  heard(user: User, text: string): void {
    this.#play.heard(user, parseMessage(text));
  }

  async live(): Promise<void> {
    const { USERS: users, RAMP: ms, ROUNDS, HOLD_MS } = this.#settings;
    this.#phase('load');
    const counting = setInterval(() => this.#count(), COUNT_MS);
    const settled = new Promise<void>((resolve) => {
      this.#allSettled = resolve;
    });
    const here = { first: this.#users[0]?.id ?? 0, count: this.#users.length };
    await ramp({ users, ms, ...here, from: this.#from }, CLOCK, () => {
      this.#users[this.#started]?.connect(this.#settings);
      this.#started += 1;
    });
    this.#count();
    await settled;
    await this.#waitForOthers();
    this.#count();
    this.#phase('settled');
    if (ROUNDS > 0) {
      // Times are whole milliseconds here: who failed before the betting must have an earlier one.
      await sleep(1);
      this.#phase('betting');
      await this.#play.begin(this.#users.filter((user) => user.isOpen).length);
    }
    await sleep(HOLD_MS);
    clearInterval(counting);
    this.#count();
    for (const user of this.#users) this.#report(user);
    this.#phase('done');
    for (const user of this.#users) user.leave();
  }

  /** A VU knows nothing of the others: they all take the same moment for the one at which everybody is there. */
  async #waitForOthers(): Promise<void> {
    if (sharesOf(this.#settings).vus === 1) return;
    const { RAMP, SETTLE_MS } = this.#settings;
    await sleep(Math.max(0, this.#from + RAMP + SETTLE_MS - Date.now()));
  }

  #report(user: User): void {
    if (user.failure === undefined) metrics.open.add(1);
    const { id, failure, startedAt, openAt, endedAt, bets, slowestAckMs } = user;
    this.#say({
      k6: 'user',
      id,
      outcome: 'open',
      stage: 'open',
      ...failure,
      ...defined({
        startedAt,
        openMs: openAt > 0 ? openAt - startedAt : undefined,
        endedMs: endedAt > 0 ? endedAt - startedAt : undefined,
        bets,
        slowestAckMs: slowestAckMs >= 0 ? slowestAckMs : undefined,
      }),
    });
  }

  #phase(phase: K6Phase['phase']): void {
    const { vus } = sharesOf(this.#settings);
    this.#say({ k6: 'phase', vu: this.#vu, vus, phase, at: Date.now() });
  }

  #count(): void {
    const { placed, acked } = this.#play.bets;
    const counts = {
      started: this.#started,
      open: this.#open,
      failed: this.#failed,
      placed,
      acked,
    };
    const text = JSON.stringify(counts);
    if (text === this.#counted) return;
    this.#counted = text;
    this.#say({ k6: 'count', vu: this.#vu, at: Date.now(), ...counts });
  }

  #say(line: K6Line): void {
    if (this.#settings.LINES === 'json') console.log(JSON.stringify(line));
  }
}

/** Lives the life of this VU's users, from the first connect to the last close. */
export async function live(settings: K6Settings): Promise<void> {
  await new Crowd(settings, exec.scenario.iterationInTest, exec.scenario.startTime).live();
}
