import { isIPv6, type TcpSocketConnectOpts } from 'node:net';
import { bottlenecks } from './bottlenecks.ts';
import { Deadlines } from './deadlines.ts';
import type { FleetDoneLine, FleetLine, PhaseLine } from './lines.ts';
import { Robot, type World } from './robot.ts';
import { Rounds } from './rounds.ts';
import type { SelfWatch } from './self.ts';
import type { Settings } from './settings.ts';
import { connectOptions } from './target.ts';

/** Waits until the phase may begin: at once, or when all shards are there. */
export type Gate = (phase: 'load' | 'betting' | 'done') => Promise<void>;

const LONGEST_GOODBYE_MS = 3000;
const SLICE_MS = 1;

/**
 * So many connect in one turn of the event loop. A user sends its request as soon as it is connected; all in one turn
 * would hold every request back until the last has connected, which no crowd of separate clients does.
 */
const SLICE = 256;

/** All users of one process. */
export class Crowd implements World {
  readonly authority: string;
  readonly #connect: TcpSocketConnectOpts[];
  readonly seed: number;
  readonly #settings: Settings;
  readonly #self: SelfWatch;
  readonly #write: (line: FleetLine) => void;
  readonly #epoch = Date.now() - performance.now();
  readonly #robots: Robot[];
  readonly #rounds: Rounds;
  readonly #overdue: Deadlines<Robot>;
  readonly #eofs = new Deadlines<Robot>((robot) => robot.askAfterEof());
  #started = 0;
  #settled = 0;
  #open = 0;
  #failed = 0;
  #sockets = 0;
  #firstAt = 0;
  #lastSettledAt = 0;
  #interrupted = false;
  #wake = () => {};

  constructor(settings: Settings, address: string, self: SelfWatch, write: (line: FleetLine) => void) {
    this.#settings = settings;
    this.#self = self;
    this.#write = write;
    this.seed = settings.SEED;
    const { TARGET_HOST, TARGET_PORT: port, CONNECT_TIMEOUT_MS: afterMs } = settings;
    const name = isIPv6(TARGET_HOST) ? `[${TARGET_HOST}]` : TARGET_HOST;
    this.authority = `${name}:${port}`;
    this.#connect = connectOptions(address, port, settings.SOURCE_ADDRESSES);
    this.#robots = Array.from(
      { length: settings.USERS },
      (_, i) => new Robot(settings.USER_ID_BASE + i, this),
    );
    this.#rounds = new Rounds(settings);
    this.#overdue = new Deadlines((robot) => {
      if (robot.stage !== 'open') robot.end({ how: 'deadline', afterMs });
    });
  }

  connectOptions(id: number): TcpSocketConnectOpts {
    return this.#connect[id % this.#connect.length] as TcpSocketConnectOpts;
  }

  opened(): void {
    this.#open++;
    this.#settle();
  }

  ended(robot: Robot): void {
    this.#failed++;
    if (robot.stage === 'open') {
      this.#open--;
      this.#rounds.left(robot);
    } else this.#settle();
  }

  heard(robot: Robot, payload: Buffer): void {
    this.#rounds.heard(robot, payload);
  }

  askLater(at: number, robot: Robot): void {
    this.#eofs.add(at, robot);
  }

  released(): void {
    this.#sockets--;
    if (this.#sockets === 0) this.#wake();
  }

  /** Ends the load: who is not open yet fails as interrupted, who is stays so. */
  interrupt(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    for (const robot of this.#robots) if (robot.stage !== 'open') robot.end({ how: 'interrupted' });
    this.#rounds.stop();
    this.#wake();
  }

  /** Lives through all phases and writes every line; resolves when all sockets are closed. Never rejects. */
  async live(gate: Gate): Promise<void> {
    const { ROUNDS, HOLD_MS, PROGRESS_MS } = this.#settings;
    this.#phase('ready');
    await gate('load');
    this.#self.start();
    const progress = setInterval(() => this.#progress(), PROGRESS_MS);
    this.#phase('load');
    await this.#load();
    this.#phase('settled');
    await gate('betting');
    if (ROUNDS > 0 && !this.#interrupted) {
      this.#phase('betting');
      await this.#rounds.play(this.#robots);
    }
    await this.#until(() => this.#interrupted, HOLD_MS);
    await gate('done');
    clearInterval(progress);
    this.#progress();
    this.#report();
    await this.#leave();
  }

  async #load(): Promise<void> {
    const { USERS, RAMP } = this.#settings;
    this.#firstAt = performance.now();
    while (this.#started < USERS && !this.#interrupted) {
      const share = RAMP === 0 ? 1 : (performance.now() - this.#firstAt) / RAMP;
      const due = Math.min(USERS, Math.floor(share * USERS) + 1);
      const slice = Math.min(due, this.#started + SLICE);
      while (this.#started < slice) this.#start(this.#robots[this.#started++] as Robot);
      if (slice < due) await new Promise((resolve) => setImmediate(resolve));
      else if (this.#started < USERS) await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
    }
    await this.#until(() => this.#settled === USERS);
  }

  #start(robot: Robot): void {
    this.#sockets++;
    robot.start();
    this.#overdue.add(robot.startedAt + this.#settings.CONNECT_TIMEOUT_MS, robot);
  }

  #settle(): void {
    this.#settled++;
    if (this.#settled < this.#settings.USERS) return;
    this.#lastSettledAt = performance.now();
    this.#wake();
  }

  /** Waits for the condition, which is looked at whenever something wakes us, and at most `ms`. */
  async #until(condition: () => boolean, ms = Infinity): Promise<void> {
    if (condition() || ms === 0) return;
    const woken = Promise.withResolvers<void>();
    const timer = ms === Infinity ? undefined : setTimeout(woken.resolve, ms);
    this.#wake = () => {
      if (condition()) woken.resolve();
    };
    await woken.promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }

  #phase(phase: PhaseLine['phase']): void {
    this.#write({ event: 'phase', at: Date.now(), phase });
  }

  #progress(): void {
    const { placed, acked } = this.#rounds;
    this.#write({
      event: 'progress',
      at: Date.now(),
      asked: this.#robots.length,
      started: this.#started,
      open: this.#open,
      failed: this.#failed,
      bets: { placed, acked },
      self: this.#self.recent(this.#sockets),
    });
  }

  #report(): void {
    const { placed, acked, rejected } = this.#rounds;
    const self = this.#self.all(this.#sockets);
    this.#self.stop();
    const done: FleetDoneLine = {
      event: 'done',
      at: Date.now(),
      asked: this.#robots.length,
      open: this.#open,
      failed: this.#failed,
      bets: { placed, acked, rejected },
      settledMs: Math.round((this.#lastSettledAt - this.#firstAt) * 10) / 10,
      self,
      bottlenecks: bottlenecks(self, this.#settings.CONNECT_TIMEOUT_MS, this.#robots),
      ...(this.#interrupted && { interrupted: true }),
    };
    this.#phase('done');
    for (const robot of this.#robots) this.#write(robot.line(this.#epoch));
    this.#write(done);
  }

  async #leave(): Promise<void> {
    this.#overdue.clear();
    this.#eofs.clear();
    for (const robot of this.#robots) robot.leave();
    await this.#until(() => this.#sockets === 0, LONGEST_GOODBYE_MS);
    for (const robot of this.#robots) robot.drop();
  }
}
