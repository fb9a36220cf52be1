import { isIPv6, type TcpSocketConnectOpts } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { FleetDoneLine, FleetLine, GatedPhase, PhaseLine, UserLine } from '../protocol/fleet-events.ts';
import { bottlenecks } from './bottlenecks.ts';
import { Changes } from './changes.ts';
import { Comebacks } from './comeback.ts';
import { Deadlines } from './deadlines.ts';
import type { Kind } from './kinds/kind.ts';
import { kindOf } from './kinds/pick-kind.ts';
import { tenths, userText } from './line.ts';
import { parserWithMemory } from './messages.ts';
import type { Play } from './play.ts';
import { ramp } from './ramp.ts';
import { Requests } from './requests.ts';
import { Robot, type World } from './robot.ts';
import type { Settings } from './robots-settings.ts';
import { playOf } from './rounds.ts';
import type { SelfWatch } from './self.ts';
import { connectOptions } from './server-address.ts';
import { SilentConnections } from './silent-connections.ts';
import { type Dial, dialPlain, dialTls } from './socket.ts';

/** Waits until the phase may begin: at once, or when all shards are there. */
export type Gate = (phase: GatedPhase) => Promise<void>;

/** What the fleet needs of the process it runs in. */
export interface Surroundings {
  write(line: Exclude<FleetLine, UserLine>): void;
  /** Writes lines that are text already, each with its end. */
  writeText(text: string): void;
  gate: Gate;
  /** Aborted when the load should end. */
  signal: AbortSignal;
}

const LONGEST_GOODBYE_MS = 3000;

/** Once one has been let go, the others stay for so long, so that it shows who is let in for it. */
const SEEN_MS = 1000;

/**
 * With TLS a user takes as long as ten without, and its ClientHello waits for the end of the turn. 256 in one turn would come as one: a
 * server answers all of them before it can finish any.
 */
const SECURE_SLICE = 16;

const CLOCK = { now: () => performance.now(), sleep, turn };

/** All users of one process. */
export class Crowd implements World {
  readonly kind: Kind;
  readonly dial: Dial;
  readonly secure: boolean;
  readonly #connect: TcpSocketConnectOpts[];
  readonly #settings: Settings;
  readonly #self: SelfWatch;
  readonly #write: Surroundings['write'];
  readonly #writeText: Surroundings['writeText'];
  readonly #epoch = Date.now() - performance.now();
  readonly #robots: Robot[];
  readonly #told = new Set<Robot>();
  readonly #play: Play<Robot>;
  readonly #parse = parserWithMemory();
  readonly requests: Requests;
  readonly #overdue: Deadlines<Robot>;
  readonly #eofs = new Deadlines<Robot>((robot) => robot.askAfterEof());
  readonly #comebacks: Comebacks;
  readonly #stays = new Deadlines<Robot>((robot) => this.#stayed(robot));
  readonly #first = new Deadlines<Robot>((robot) => {
    // It may be the time of a connection before this one.
    if (robot.connectedAt + this.#settings.UPGRADE_DELAY_MS <= performance.now()) robot.request();
  });
  readonly #changes = new Changes();
  readonly #waiting = new SilentConnections();
  #started = 0;
  #settled = 0;
  #open = 0;
  #left = 0;
  #failed = 0;
  #sockets = 0;
  #firstAt = 0;
  #lastSettledAt = 0;
  #interrupted = false;
  #letGoAt = -Infinity;

  constructor(
    settings: Settings,
    address: string,
    self: SelfWatch,
    { write, writeText }: Pick<Surroundings, 'write' | 'writeText'>,
  ) {
    this.#settings = settings;
    this.#self = self;
    this.#write = write;
    this.#writeText = writeText;
    const { TARGET_HOST, TARGET_PORT: port, CONNECT_TIMEOUT_MS: afterMs } = settings;
    // On which interface is this machine's own matter (RFC 6874, 4).
    const host = TARGET_HOST.replace(/%.*/, '');
    this.kind = kindOf(settings, `${isIPv6(TARGET_HOST) ? `[${host}]` : host}:${port}`);
    const { tls } = settings.TARGET_OPTIONS;
    this.secure = tls !== undefined;
    this.dial = tls === undefined ? dialPlain : dialTls(tls, host);
    this.#connect = connectOptions(address, port, settings.SOURCE_ADDRESSES);
    this.#robots = Array.from(
      { length: settings.USERS },
      (_, i) => new Robot(settings.USER_ID_BASE + i, this),
    );
    this.#play = playOf(settings);
    this.requests = new Requests(settings, () => this.#changes.happened());
    this.#overdue = new Deadlines((robot) => {
      // It may be the time of an attempt before this one.
      if (robot.startedAt + afterMs > performance.now()) return;
      if (robot.stage !== 'open') robot.end({ how: 'deadline', afterMs, waitsFor: robot.waitsFor });
    });
    this.#comebacks = new Comebacks(settings, (robot) => this.#connectRobot(robot, () => robot.startAgain()));
  }

  connectOptions(id: number): TcpSocketConnectOpts {
    return this.#connect[id % this.#connect.length] as TcpSocketConnectOpts;
  }

  opened(robot: Robot): void {
    const { READ_PAUSE_MS, LEAVE_UNREAD } = this.#settings;
    if (READ_PAUSE_MS > 0) robot.pauseReading(READ_PAUSE_MS);
    if (LEAVE_UNREAD === 1) robot.stopReading();
    this.#open++;
    if (this.#settings.STAY_MS > 0) this.#stays.add(robot.openAt + this.#settings.STAY_MS, robot);
    this.#settle();
  }

  ended(robot: Robot): void {
    this.requests.left(robot);
    const wasOpen = robot.stage === 'open';
    if (wasOpen) this.#open--;
    robot.returning = this.#comebacks.takes(robot);
    if (robot.returning) {
      if (wasOpen) this.#settled--;
      return;
    }
    this.#lost(robot, !wasOpen);
  }

  #lost(robot: Robot, unsettled: boolean): void {
    this.#failed++;
    this.#tell(robot);
    this.#play.left(robot);
    if (unsettled) this.#settle();
  }

  /** Whatever ends this process or its reader, who has failed for good has been told of. */
  #tell(robot: Robot): void {
    this.#told.add(robot);
    this.#writeText(userText(robot, this.#epoch));
  }

  heard(robot: Robot, payload: Buffer): void {
    this.#play.heard(robot, this.#parse(payload));
  }

  askLater(at: number, robot: Robot): void {
    this.#eofs.add(at, robot);
  }

  requestsLater(robot: Robot): boolean {
    const { UPGRADE_DELAY_MS } = this.#settings;
    if (UPGRADE_DELAY_MS > 0) this.#first.add(robot.connectedAt + UPGRADE_DELAY_MS, robot);
    return UPGRADE_DELAY_MS > 0;
  }

  released(robot: Robot): void {
    this.#sockets--;
    if (robot.returning) this.#comebacks.released(robot);
    if (this.#sockets === 0) this.#changes.happened();
  }

  /** Ends the load: who is not open yet fails as interrupted, who is stays so. */
  interrupt(): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    this.#noMoreComebacks();
    for (const robot of this.#robots) if (robot.stage !== 'open') robot.end({ how: 'interrupted' });
    this.#play.stop();
    this.#changes.happened();
  }

  /** Lives through all phases and writes every line; resolves when all sockets are closed. Never rejects. */
  async live(gate: Gate): Promise<void> {
    const { ROUNDS, HOLD_MS, PROGRESS_MS, READ_PAUSE_MS, WAITING } = this.#settings;
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
      // Those that come back still count.
      const players = this.#robots.filter(({ state, returning }) => state === 'open' || returning);
      await this.#play.begin(players.length);
    }
    await this.#changes.until(() => this.#interrupted || this.requests.over);
    // What became of a user that does not read shows when it reads again.
    const holdMs = ROUNDS > 0 ? HOLD_MS : Math.max(HOLD_MS, READ_PAUSE_MS);
    await this.#changes.until(() => this.#interrupted, holdMs);
    await this.#changes.until(() => this.#settled === this.#robots.length);
    const seenMs = this.#letGoAt + SEEN_MS - performance.now();
    if (seenMs > 0) await this.#changes.until(() => this.#interrupted, seenMs);
    await gate('done');
    // While the other shards were waited for somebody may have been lost again.
    this.#noMoreComebacks();
    await this.#changes.until(() => this.#settled === this.#robots.length);
    clearInterval(progress);
    for (const robot of this.#robots) robot.settleEof();
    this.#progress();
    this.#report();
    await this.#leave();
  }

  async #load(): Promise<void> {
    const { USERS, RAMP, ON_THE_WAY } = this.#settings;
    this.#firstAt = performance.now();
    const stopped = () => this.#interrupted;
    await ramp(
      {
        users: USERS,
        ms: RAMP,
        first: 0,
        count: USERS,
        from: this.#firstAt,
        stopped,
        ...(this.secure && { slice: SECURE_SLICE }),
        ...(ON_THE_WAY > 0 && RAMP > 0 && { room: () => ON_THE_WAY - this.#started + this.#settled }),
      },
      CLOCK,
      () => {
        const robot = this.#robots[this.#started++] as Robot;
        this.#connectRobot(robot, () => robot.start());
      },
    );
    await this.#changes.until(() => this.#settled === USERS);
  }

  #connectRobot(robot: Robot, connect: () => void): void {
    this.#sockets++;
    connect();
    this.#overdue.add(robot.startedAt + this.#settings.CONNECT_TIMEOUT_MS, robot);
  }

  /** Lets one user leave that is in: the first that came, since a queue is left in the order in which it was entered. Once. */
  letOneGo(): void {
    if (this.#letGoAt > 0 || this.#interrupted) return;
    let first: Robot | undefined;
    for (const robot of this.#robots)
      if (robot.state === 'open' && robot.connectedAt < (first?.connectedAt ?? Infinity)) first = robot;
    if (first === undefined) return;
    this.#letGoAt = performance.now();
    this.#write({ event: 'phase', at: Date.now(), phase: 'let-one-go', port: first.port });
    this.#leaves(first);
  }

  #stayed(robot: Robot): void {
    // It may be the time of a connection before this one.
    if (robot.state !== 'open' || robot.openAt + this.#settings.STAY_MS > performance.now()) return;
    this.#leaves(robot);
  }

  #leaves(robot: Robot): void {
    this.#open--;
    this.#left++;
    if (this.#settings.LEAVE_UNREAD === 1) robot.leaveUnread();
    else robot.leave();
    robot.leftAt = performance.now();
    this.#play.left(robot);
    this.requests.left(robot);
  }

  /** Whoever is between two attempts has failed with the one before; whoever is in one may end it. */
  #noMoreComebacks(): void {
    this.#comebacks.stop();
    for (const robot of this.#robots) {
      if (!robot.returning || robot.state !== 'ended') continue;
      robot.returning = false;
      this.#lost(robot, true);
    }
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
    const { placed, acked } = this.#play.bets;
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
    const self = this.#self.all(this.#sockets);
    this.#self.stop();
    const done: FleetDoneLine = {
      event: 'done',
      at: Date.now(),
      asked: this.#robots.length,
      open: this.#open + this.#left,
      failed: this.#failed,
      bets: this.#play.bets,
      settledMs: Math.max(0, tenths(this.#lastSettledAt - this.#firstAt)),
      self,
      bottlenecks: bottlenecks(self, this.#settings.CONNECT_TIMEOUT_MS, this.#robots),
      ...(this.#interrupted && { interrupted: true }),
    };
    this.#phase('done');
    for (const robot of this.#robots) if (!this.#told.has(robot)) this.#tell(robot);
    this.#write(done);
  }

  async #leave(): Promise<void> {
    this.#overdue.clear();
    this.#eofs.clear();
    this.#stays.clear();
    this.#first.clear();
    this.requests.stop();
    this.#waiting.close();
    for (const robot of this.#robots) robot.leave();
    await this.#changes.until(() => this.#sockets === 0, LONGEST_GOODBYE_MS);
    for (const robot of this.#robots) robot.drop();
  }
}
