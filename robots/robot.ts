import type { TcpSocketConnectOpts } from 'node:net';
import type { Hearer } from './frames.ts';
import { closeFrame, pongFrame, readFrames, textFrame } from './frames.ts';
import { acceptOf, keyOf, readResponse, upgradeRequest } from './handshake.ts';
import type { Life } from './line.ts';
import type { Stage } from './lines.ts';
import { classify, type Ending, type Failure } from './outcome.ts';
import { newSocket, type RobotSocket } from './socket.ts';

const NORMAL = 1000;
const LONGEST_GRACE_MS = 250;

/** What the robots of one process share. */
export interface World {
  /** The Host header. */
  readonly authority: string;
  readonly seed: number;
  connectOptions(id: number): TcpSocketConnectOpts;
  opened(robot: Robot): void;
  /** Called once for each robot that fails, closes or is closed, before and after it was open. */
  ended(robot: Robot): void;
  heard(robot: Robot, payload: Buffer): void;
  /** Wants `robot.askAfterEof()` called at this time. */
  askLater(at: number, robot: Robot): void;
  released(): void;
}

type State = 'new' | 'connecting' | 'upgrading' | 'open' | 'eof' | 'leaving' | 'ended';

/** One simulated user: one socket, from connect(2) to its line. */
export class Robot implements Hearer, Life {
  readonly id: number;
  state: State = 'new';
  stage: Stage = 'connect';
  receiver: Hearer['receiver'];
  /** The betting part of its state; see rounds.ts. */
  round = 0;
  bet: 'none' | 'due' | 'placed' | 'over' = 'none';
  betAt = 0;
  hadResult = false;
  played = 0;
  placed = 0;
  acked = 0;
  rejected = 0;
  slowestAckMs = -1;
  readonly #world: World;
  #socket: RobotSocket | undefined;
  #head: Buffer | undefined;
  failure: Failure | undefined;
  port = 0;
  startedAt = 0;
  connectedAt = 0;
  openAt = 0;
  endedAt = 0;

  constructor(id: number, world: World) {
    this.id = id;
    this.#world = world;
  }

  start(): void {
    this.state = 'connecting';
    this.#socket = newSocket(this);
    this.startedAt = performance.now();
    this.#socket.connect(this.#world.connectOptions(this.id));
  }

  connected(): void {
    if (this.state !== 'connecting') return;
    this.connectedAt = performance.now();
    this.state = 'upgrading';
    this.stage = 'upgrade';
    // Later is too late: a socket that an error closed no longer knows its port.
    this.port = this.#socket?.localPort ?? 0;
    this.#write(upgradeRequest(this.#world.authority, keyOf(this.#world.seed, this.id)));
  }

  /** Takes bytes that are valid during the call only. */
  received(bytes: Buffer): void {
    if (this.state === 'upgrading') this.#receivedHead(bytes);
    else if (this.state === 'open') readFrames(this, bytes);
  }

  #receivedHead(bytes: Buffer): void {
    const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
    const response = readResponse(head, acceptOf(keyOf(this.#world.seed, this.id)));
    if (response.is === 'partial') {
      this.#head = Buffer.from(head);
      return;
    }
    this.#head = undefined;
    if (response.is === 'bad') {
      this.end({ how: 'bad-response', says: response.says });
      return;
    }
    this.openAt = performance.now();
    this.state = 'open';
    this.stage = 'open';
    this.#world.opened(this);
    if (response.rest < head.length) this.received(head.subarray(response.rest));
  }

  heardMessage(payload: Buffer): void {
    if (this.state === 'open') this.#world.heard(this, payload);
  }

  heardPing(payload: Buffer): void {
    if (this.state === 'open') this.#write(pongFrame(payload));
  }

  heardClose(code: number): void {
    if (this.state !== 'open') return;
    this.#write(closeFrame(code));
    this.#fail({ how: 'close-frame', code });
    this.#socket?.destroySoon();
  }

  heardGarbage(says: string): void {
    this.end({ how: 'bad-frame', says });
  }

  /** The gateway sent FIN. Whether an RST came or is on its way only a write can tell, so it waits, then asks. */
  receivedEof(): void {
    if (this.state === 'leaving') this.#socket?.destroy();
    if (this.state !== 'upgrading' && this.state !== 'open') return;
    this.endedAt = performance.now();
    const wasOpen = this.state === 'open';
    this.state = 'eof';
    // An RST to our request takes one round trip; on loopback it is there before we can look.
    const grace = wasOpen ? 0 : Math.min(LONGEST_GRACE_MS, this.connectedAt - this.startedAt);
    this.#world.askLater(this.endedAt + grace, this);
  }

  askAfterEof(): void {
    if (this.state !== 'eof') return;
    // One byte, ever: it draws an RST of its own, so only an error of this very write proves an earlier one.
    this.#socket?.write('\n', 'latin1', (error) => {
      if (!error) this.end({ how: 'eof' });
    });
  }

  /** Takes an EOF for what it is so far, when there is no more time to ask. */
  settleEof(): void {
    if (this.state === 'eof') this.end({ how: 'eof' });
  }

  errored(error: NodeJS.ErrnoException): void {
    const { code: errno = error.name, syscall, message } = error;
    if (this.state === 'eof') this.end({ how: 'eof', answer: { errno, syscall } });
    else this.end({ how: 'error', errno, syscall, message });
  }

  /** Ends the robot for this reason, and its socket. Only the first reason counts. */
  end(ending: Ending): void {
    this.#fail(ending);
    this.#socket?.destroy();
  }

  #fail(ending: Ending): void {
    if (this.state === 'ended' || this.state === 'leaving') return;
    this.failure = classify(this.stage, ending);
    if (this.state === 'new') this.startedAt = performance.now();
    if (this.state !== 'eof') this.endedAt = performance.now();
    if (this.state === 'connecting') this.port = this.#socket?.localPort ?? 0;
    this.state = 'ended';
    this.#head = undefined;
    this.#world.ended(this);
  }

  say(text: string): void {
    this.#write(textFrame(text));
  }

  /** Says goodbye with close code 1000. The gateway answers and is the first to close (RFC 6455 §7.1.1). */
  leave(): void {
    if (this.state !== 'open') return;
    this.state = 'leaving';
    this.#write(closeFrame(NORMAL));
  }

  /** Ends the socket, whatever state it is in. */
  drop(): void {
    this.#socket?.destroy();
  }

  socketClosed(): void {
    this.#socket = undefined;
    this.#world.released();
  }

  #write(data: string | Buffer): void {
    if (typeof data === 'string') this.#socket?.write(data, 'latin1');
    else this.#socket?.write(data);
  }
}
