import type { TcpSocketConnectOpts } from 'node:net';
import type { EarlierAttempt, Stage } from '../protocol/fleet-events.ts';
import { stopReading } from '../system/stop-reading.ts';
import { closeFrame, type Hearer, pongFrame, textFrame } from './frames.ts';
import { statusOf } from './kinds/http-status.ts';
import type { Kind } from './kinds/kind.ts';
import { earlierAttempt, type Life, NOT_YET } from './line.ts';
import { classify, type Ending, type Failure } from './outcome.ts';
import { firstBytes, statusLine } from './said.ts';
import { type Dial, hasRead, isReset, type RobotSocket } from './socket.ts';
import { isAlert, SPEAKS_TLS, wantsTls } from './tls-failures.ts';

const LONGEST_GRACE_MS = 250;

/** On loopback too: a busy machine leaves packets to ksoftirqd (kernel/softirq.c), which waits its turn. */
const SHORTEST_GRACE_MS = 50;

/** Longer than any server that is well needs, and short beside a load. */
const FIN_ANSWERED_MS = 1000;

/** What a write would meet after a FIN and an RST: so the kernel has marked the socket (Linux net/ipv4/tcp_input.c tcp_reset). */
const RESET_BY = { errno: 'EPIPE', syscall: undefined };

/** What the robots of one process share. */
export interface World {
  readonly kind: Kind;
  readonly dial: Dial;
  /** Whether there is a TLS handshake between connected and let in. */
  readonly secure: boolean;
  connectOptions(id: number): TcpSocketConnectOpts;
  opened(robot: Robot): void;
  /** Called once for each connection that fails, closes or is closed, before and after it was open. */
  ended(robot: Robot): void;
  heard(robot: Robot, payload: Buffer): void;
  /** Wants `robot.askAfterEof()` called at this time. */
  askLater(at: number, robot: Robot): void;
  /** Called once for each connection when its socket is gone. */
  released(robot: Robot): void;
  /** Whether its request is not due at once; `robot.request()` is then called when it is. */
  requestsLater(robot: Robot): boolean;
  readonly requests: {
    /** It has the whole of an answer; `last`: its connection takes no other request. */
    answered(robot: Robot, last: boolean): void;
    /** Whether its next request goes out before it can notice that the server has closed. */
    askBeforeNoticing(robot: Robot): boolean;
    /** The server has closed after it had served it. */
    left(robot: Robot): void;
  };
}

/** Less than any; no whole number, as NOT_YET. */
const NO_ACK_MS = -Infinity;

type State =
  | 'new'
  | 'connecting'
  | 'securing'
  | 'upgrading'
  | 'greeting'
  | 'open'
  | 'eof'
  | 'leaving'
  | 'ended';

/** One simulated user: one socket at a time, from connect(2) to its line. */
export class Robot implements Hearer, Life {
  readonly id: number;
  state: State = 'new';
  stage: Stage = 'connect';
  receiver: Hearer['receiver'];
  /** The betting part of its state; see play.ts. */
  round = 0;
  bet: 'none' | 'due' | 'placed' | 'over' = 'none';
  betAt = NOT_YET;
  hadResult = false;
  played = 0;
  placed = 0;
  acked = 0;
  rejected = 0;
  slowestAckMs = NO_ACK_MS;
  readonly #world: World;
  #socket: RobotSocket | undefined;
  #head: Buffer | undefined;
  failure: Failure | undefined;
  said = '';
  port = 0;
  idleMs = NOT_YET;
  #closedByServer = false;
  startedAt = NOT_YET;
  connectedAt = NOT_YET;
  securedAt = NOT_YET;
  openAt = NOT_YET;
  endedAt = NOT_YET;
  leftAt = NOT_YET;
  hadRead: Life['hadRead'];
  attempts = 0;
  earlier: EarlierAttempt[] | undefined;
  /** It has lost its connection, and is to have another. */
  returning = false;

  constructor(id: number, world: World) {
    this.id = id;
    this.#world = world;
  }

  /** Forgets the connection that ended, but for what its line tells of it, and makes another. */
  startAgain(): void {
    this.earlier ??= [];
    this.earlier.push(earlierAttempt(this));
    this.stage = 'connect';
    this.failure = undefined;
    this.receiver = undefined;
    this.said = '';
    this.#closedByServer = false;
    this.port = this.idleMs = this.round = 0;
    this.connectedAt = this.securedAt = this.openAt = this.endedAt = 0;
    this.bet = 'none';
    this.start();
  }

  start(): void {
    this.attempts++;
    this.state = 'connecting';
    this.startedAt = performance.now();
    this.#socket = this.#world.dial(this, this.#world.connectOptions(this.id));
  }

  connected(): void {
    if (this.state !== 'connecting') return;
    this.connectedAt = performance.now();
    // Later is too late: a socket that an error closed no longer knows its port.
    this.port = this.#socket?.localPort ?? 0;
    if (!this.#world.secure) {
      this.#ask();
      return;
    }
    this.state = 'securing';
    this.stage = 'tls';
  }

  secured(): void {
    if (this.state !== 'securing') return;
    this.securedAt = performance.now();
    this.#ask();
  }

  #ask(): void {
    const request = this.#world.kind.request(this.id);
    if (request === undefined) {
      this.#letIn();
      return;
    }
    this.state = 'upgrading';
    this.stage = 'upgrade';
    if (!this.#world.requestsLater(this) && request !== '') this.#write(request);
  }

  /** Asks for what makes it open. */
  request(): void {
    if (this.state !== 'upgrading') return;
    const request = this.#world.kind.request(this.id);
    if (request) this.#write(request);
  }

  /** Takes bytes that are valid during the call only. */
  received(bytes: Buffer): void {
    if (this.state === 'upgrading') this.#receivedHead(bytes);
    else if (this.state === 'open' || this.state === 'greeting') this.#world.kind.heard(this, this.id, bytes);
  }

  #receivedHead(bytes: Buffer): void {
    const head = this.#head === undefined ? bytes : Buffer.concat([this.#head, bytes]);
    const answer = this.#world.kind.answer(head, this.id);
    if (answer.is === 'partial') {
      this.#head = Buffer.from(head);
      return;
    }
    const refused = answer.is !== 'upgraded' && !this.#world.secure && wantsTls(head);
    const says = refused ? SPEAKS_TLS : undefined;
    if (answer.is === 'bad' || says !== undefined) {
      this.#head = head;
      const found = answer.is === 'bad' ? answer : { says: '', status: statusOf(statusLine(head)) };
      this.end({ how: 'bad-response', says: says ?? found.says, status: found.status });
      return;
    }
    this.#head = undefined;
    // With a bare connection that is nothing, and what comes is kept by its kind.
    if (answer.rest > 0) this.said = statusLine(head);
    this.#letIn();
    this.received(head.subarray(answer.rest));
  }

  /** It greets the server, and is open, unless its kind waits for what the server says to that. */
  #letIn(): void {
    const { kind } = this.#world;
    if (kind.expects) this.state = 'greeting';
    else this.#open();
    const greeting = kind.greeting?.(this.id);
    if (greeting !== undefined) this.#write(greeting);
  }

  /** What it waits for now, once it has asked. */
  get waitsFor(): string {
    const { waitsFor, expects } = this.#world.kind;
    return this.state === 'greeting' && expects ? expects.waitsFor : waitsFor;
  }

  #open(): void {
    this.openAt = performance.now();
    this.state = 'open';
    this.stage = 'open';
    this.returning = false;
    this.#world.opened(this);
  }

  heardMessage(payload: Buffer): void {
    if (this.state === 'greeting') this.#heardFirst(payload);
    if (this.state === 'open') this.#world.heard(this, payload);
  }

  #heardFirst(payload: Buffer): void {
    const wrong = this.#world.kind.expects?.wrongIn(payload);
    if (wrong === undefined) this.#open();
    else {
      this.heardWords(payload, 'anew');
      this.end({ how: 'bad-response', says: wrong });
    }
  }

  heardPing(payload: Buffer): void {
    if (this.#talks) this.#write(pongFrame(payload));
  }

  heardClose(code: number, reason: Buffer): void {
    if (!this.#talks) return;
    if (reason.length > 0) this.heardWords(reason, 'anew');
    this.#write(closeFrame(code));
    this.#fail({ how: 'close-frame', code });
    this.#socket?.destroySoon();
  }

  get #talks(): boolean {
    return this.state === 'open' || this.state === 'greeting';
  }

  heardGarbage(says: string): void {
    this.end({ how: 'bad-frame', says });
  }

  heardWords(bytes: Buffer, anew?: 'anew'): void {
    this.said = firstBytes(anew ? '' : this.said, bytes);
  }

  heardFailure(says: string, status?: number): void {
    this.end({ how: 'bad-response', says, status });
  }

  heardAnswer(last: boolean): void {
    if (this.state === 'open') this.#world.requests.answered(this, last);
  }

  /** Sends its next request on a connection that has been idle for so long, ms, whether or not the server has closed it. */
  askAgain(idleMs: number): void {
    if (this.state !== 'open') return;
    this.idleMs = idleMs;
    this.#write(this.#world.kind.requestAgain?.(this.id) ?? '');
    if (this.#closedByServer) this.#ended(true);
  }

  /** The gateway sent FIN. Whether an RST came or is on its way only a write can tell, so it waits, then asks. */
  receivedEof(): void {
    if (this.state === 'leaving') this.#socket?.destroy();
    if (this.state !== 'securing' && this.state !== 'upgrading' && !this.#talks) return;
    const wasOpen = this.state === 'open';
    const served = wasOpen && this.#world.kind.served?.(this.id);
    if (served && this.#world.requests.askBeforeNoticing(this)) this.#closedByServer = true;
    else if (wasOpen && this.#leftInOrder('FIN')) this.#socket?.end();
    // Nothing of ours is on its way that an RST could answer, and a question would draw one.
    else if (served) this.end({ how: 'eof' });
    else this.#ended(!wasOpen || this.idleMs > 0);
  }

  /** Takes the end of its connection for that of one who was served, where it is. */
  #leftInOrder(by: 'FIN' | 'RST'): boolean {
    if (!this.#world.kind.endsInOrder?.(this.id, by)) return false;
    this.endedAt = performance.now();
    this.state = 'leaving';
    this.#world.requests.left(this);
    return true;
  }

  #ended(asked: boolean): void {
    this.endedAt = performance.now();
    this.state = 'eof';
    // An RST to our request takes one round trip.
    const roundTrip = this.connectedAt - this.startedAt;
    const grace = asked ? Math.min(LONGEST_GRACE_MS, Math.max(SHORTEST_GRACE_MS, roundTrip)) : 0;
    this.#world.askLater(this.endedAt + grace, this);
  }

  askAfterEof(): void {
    if (this.state !== 'eof') return;
    if (this.#world.secure) {
      // No byte of ours passes before the handshake is over, and the end of one that is would draw another.
      this.end(this.#socket && isReset(this.#socket) ? { how: 'eof', answer: RESET_BY } : { how: 'eof' });
      return;
    }
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
    if (this.state === 'open' && this.#leftInOrder('RST')) return;
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
    if (this.#head !== undefined) this.said = firstBytes('', this.#head);
    this.#head = undefined;
    if (!this.#world.secure && isAlert(this.said)) this.failure.detail = SPEAKS_TLS;
    this.#world.ended(this);
  }

  say(text: string): void {
    this.#write(textFrame(text));
  }

  /** Writes these bytes one after another, whatever they are. */
  sayInParts(parts: readonly Buffer[]): void {
    for (const part of parts) this.#write(part);
  }

  /** Reads nothing for so long: what the gateway sends fills the kernel's buffers, then the gateway's own. */
  pauseReading(ms: number): void {
    this.#socket?.pause();
    setTimeout(() => this.#socket?.resume(), ms).unref();
  }

  /** Leaves what the server sends from now on in the kernel's receive buffer. */
  stopReading(): void {
    if (this.#socket) stopReading(this.#socket);
  }

  /** Leaves by close(2), whatever there is to read. */
  leaveUnread(): void {
    if (this.state !== 'open') return;
    this.state = 'leaving';
    if (this.#socket) this.hadRead = hasRead(this.#socket);
    this.#socket?.destroy();
  }

  /** Says goodbye as its kind does. The server is the first to close, or answers the FIN. */
  leave(): void {
    if (this.state !== 'open') return;
    this.state = 'leaving';
    if (this.#socket?.isPaused()) this.#socket.resume();
    const goodbye = this.#world.kind.goodbye?.();
    if (goodbye === undefined) this.#end();
    else this.#write(goodbye);
  }

  /** A server that does not answer the FIN is waited for no longer than this; the kernel has said it then, and keeps no file for it. */
  #end(): void {
    const socket = this.#socket;
    socket?.end();
    setTimeout(() => socket?.destroy(), FIN_ANSWERED_MS).unref();
  }

  /** Ends the socket, whatever state it is in. */
  drop(): void {
    this.#socket?.destroy();
  }

  socketClosed(): void {
    this.#socket = undefined;
    this.#world.released(this);
  }

  #write(data: string | Buffer): void {
    if (typeof data === 'string') this.#socket?.write(data, 'latin1');
    else this.#socket?.write(data);
  }
}
