import { isIPv6, type TcpSocketConnectOpts } from 'node:net';
import { bottlenecks } from './bottlenecks.ts';
import { Changes } from './changes.ts';
import { Deadlines } from './deadlines.ts';
import { type Kind, kindOf } from './kinds/kind.ts';
import { tenths, userLine } from './line.ts';
import type { FleetDoneLine, FleetLine, PhaseLine } from './lines.ts';
import { ramp } from './ramp.ts';
import { Robot, type World } from './robot.ts';
import { Rounds } from './rounds.ts';
import type { SelfWatch } from './self.ts';
import type { Settings } from './settings.ts';
import { connectOptions } from './target.ts';
import { Waiting } from './waiting.ts';

/** Waits until the phase may begin: at once, or when all shards are there. */
export type Gate = (phase: 'load' | 'betting' | 'done') => Promise<void>;

const LONGEST_GOODBYE_MS = 3000;

/** All users of one process. */
export class Crowd implements World {
  readonly kind: Kind;
  readonly #connect: TcpSocketConnectOpts[];
  readonly #settings: Settings;
  readonly #self: SelfWatch;
  readonly #write: (line: FleetLine) => void;
  readonly #epoch = Date.now() - performance.now();
  readonly #robots: Robot[];
  readonly #rounds: Rounds;
  readonly #overdue: Deadlines<Robot>;
  readonly #eofs = new Deadlines<Robot>((robot) => robot.askAfterEof());
  readonly #changes = new Changes();
  readonly #waiting = new Waiting();
  #started = 0;
  #settled = 0;
  #open = 0;
  #failed = 0;
  #sockets = 0;
  #firstAt = 0;
  #lastSettledAt = 0;
  #interrupted = false;

  constructor(settings: Settings, address: string, self: SelfWatch, write: (line: FleetLine) => void) {
    this.#settings = settings;
    this.#self = self;
    this.#write = write;
    const { TARGET_HOST, TARGET_PORT: port, CONNECT_TIMEOUT_MS: afterMs } = settings;
    const name = isIPv6(TARGET_HOST) ? `[${TARGET_HOST}]` : TARGET_HOST;
    this.kind = kindOf(settings, `${name}:${port}`);
    this.#connect = connectOptions(address, port, settings.SOURCE_ADDRESSES);
    this.#robots = Array.from(
      { length: settings.USERS },
      (_, i) => new Robot(settings.USER_ID_BASE + i, this),
    );
    this.#rounds = new Rounds(settings);
    this.#overdue = new Deadlines((robot) => {
      if (robot.stage !== 'open') robot.end({ how: 'deadline', afterMs, waitsFor: this.kind.waitsFor });
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
    if (this.#sockets === 0) this.#changes.happened();
  }

  /** Ends the load: who is not open yet fails as interrupted, who is stays so. */
  interrupt(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    for (const robot of this.#robots) if (robot.stage !== 'open') robot.end({ how: 'interrupted' });
    this.#rounds.stop();
    this.#changes.happened();
  }

  /** Lives through all phases and writes every line; resolves when all sockets are closed. Never rejects. */
  async live(gate: Gate): Promise<void> {
    const { ROUNDS, HOLD_MS, PROGRESS_MS, WAITING } = this.#settings;
    this.#phase('ready');
    await this.#waiting.connect(WAITING, this.connectOptions(0));
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
    await this.#changes.until(() => this.#interrupted, HOLD_MS);
    await gate('done');
    clearInterval(progress);
    for (const robot of this.#robots) robot.settleEof();
    this.#progress();
    this.#report();
    await this.#leave();
  }

  async #load(): Promise<void> {
    const { USERS, RAMP } = this.#settings;
    this.#firstAt = performance.now();
    await ramp(
      USERS,
      RAMP,
      () => this.#start(),
      () => this.#interrupted,
    );
    await this.#changes.until(() => this.#settled === USERS);
  }

  #start(): void {
    const robot = this.#robots[this.#started++] as Robot;
    this.#sockets++;
    robot.start();
    this.#overdue.add(robot.startedAt + this.#settings.CONNECT_TIMEOUT_MS, robot);
  }

  #settle(): void {
    this.#settled++;
    if (this.#settled < this.#settings.USERS) return;
    this.#lastSettledAt = performance.now();
    this.#changes.happened();
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
      settledMs: Math.max(0, tenths(this.#lastSettledAt - this.#firstAt)),
      self,
      bottlenecks: bottlenecks(self, this.#settings.CONNECT_TIMEOUT_MS, this.#robots),
      ...(this.#interrupted && { interrupted: true }),
    };
    this.#phase('done');
    for (const robot of this.#robots) this.#write(userLine(robot, this.#epoch));
    this.#write(done);
  }

  async #leave(): Promise<void> {
    this.#overdue.clear();
    this.#eofs.clear();
    this.#waiting.close();
    for (const robot of this.#robots) robot.leave();
    await this.#changes.until(() => this.#sockets === 0, LONGEST_GOODBYE_MS);
    for (const robot of this.#robots) robot.drop();
  }
}
