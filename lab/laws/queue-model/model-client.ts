import type { SynTimes } from '../retransmission-law.ts';
import type { Agenda } from './agenda.ts';
import { type ClientEnd, type Connection, newConnection, type Segment, type World } from './connection.ts';
import { DARWIN } from './darwin-counters.ts';
import { DarwinSocket } from './darwin-socket.ts';
import type { DarwinEntry } from './darwin-timers.ts';
import type { ModelClient, ModelInput } from './model-input.ts';
import type { ModelUser } from './output.ts';
import { Program } from './users-program.ts';

/** TCP_RTO_MIN (Linux include/net/tcp.h), ms. */
const RTO_MIN_MS = 200;

/** One user: its program, and its kernel. */
interface User {
  readonly connection: Connection;
  readonly line: ModelUser;
  /** The program has seen that it is connected. */
  looked: boolean;
  /** Its request is written, or it has none. */
  said: boolean;
  /** What its calls will say, on macOS. */
  readonly socket: DarwinSocket;
  /** The kernel has its FIN, the program has not read it yet, or has. */
  eof: 'none' | 'arrived' | 'read';
  ended: boolean;
  /** Its kernel has nothing of the connection any more. */
  gone: boolean;
  timers?: DarwinEntry;
}

/** All users. Retransmits SYNs and requests, gives up, and writes down what each sees. */
export class Clients implements ClientEnd {
  readonly users: User[] = [];
  readonly #world: World;
  readonly #agenda: Agenda;
  readonly #program: Program;
  readonly #times: SynTimes;
  readonly #client: ModelClient;
  readonly #dialect: ModelInput['dialect'];

  constructor(world: World, times: SynTimes, { client, dialect }: ModelInput) {
    this.#world = world;
    this.#agenda = world.agenda;
    this.#program = new Program(world, client.stepMs ?? 0);
    this.#times = times;
    this.#client = client;
    this.#dialect = dialect;
  }

  /** A user calls connect(2) at this time. */
  arrive(at: number): void {
    const id = this.users.length;
    const connection = newConnection(id);
    const line: ModelUser = { id, outcome: 'hanging', stage: 'connect', fate: 'hanging', startedMs: at };
    const user: User = {
      connection,
      line,
      looked: false,
      said: false,
      socket: new DarwinSocket(),
      eof: 'none',
      ended: false,
      gone: false,
    };
    this.users.push(user);
    this.#agenda.plan(at, () => this.#program.step(() => this.#start(user)));
  }

  #start(user: User): void {
    const { connection, line } = user;
    connection.client = 'syn-sent';
    line.startedMs = this.#agenda.now;
    this.#agenda.plan(line.startedMs + this.#client.patienceMs, () => this.#loseHeart(user));
    this.#planSyn(user, 0);
    this.#syn(connection);
  }

  #syn(connection: Connection): void {
    const sentAt = this.#agenda.now;
    this.#world.link.send(() => {
      connection.echo = sentAt;
      this.#world.listener.syn(connection);
    }, true);
  }

  #planSyn(user: User, index: number): void {
    const { again, giveUp } = this.#times;
    const { connection } = user;
    const after = again[index];
    const wait = (after ?? giveUp) - (again[index - 1] ?? 0);
    const { timers } = this.#world;
    if (timers) {
      user.timers ??= timers.entry();
      if (index === 0) {
        this.#world.timers?.clock.move(this.#agenda.now);
        user.timers.set('keep', giveUp, () => {
          if (connection.client === 'syn-sent') this.#kernelGivesUp(user);
        });
      }
      if (after !== undefined)
        user.timers.set('retransmit', wait, () => {
          if (connection.client !== 'syn-sent') return;
          this.#planSyn(user, index + 1);
          this.#syn(connection);
        });
      return;
    }
    this.#world.after(wait, () => {
      if (connection.client !== 'syn-sent') return;
      if (after === undefined) {
        this.#kernelGivesUp(user);
        return;
      }
      if (this.#dialect === 'linux') this.#world.tally.add('TcpExt TCPSynRetrans');
      this.#planSyn(user, index + 1);
      this.#syn(connection);
    });
  }

  /** The user's kernel forgets the connection; on macOS both ends are in one, and the same counters count them. */
  #drop(user: User, ...counters: string[]): void {
    if (user.gone) return;
    user.gone = true;
    if (this.#dialect === 'linux') return;
    this.#world.tally.add(...counters);
    this.#world.timers?.ended();
  }

  #kernelGivesUp(user: User): void {
    user.timers?.drop();
    this.#drop(user, DARWIN.keepDrops, DARWIN.embryonic, DARWIN.closed);
    this.#end(user, {
      outcome: 'timeout',
      errno: 'ETIMEDOUT',
      syscall: 'connect',
      fate: 'kernel-gave-up',
    });
  }

  synAck(connection: Connection): void {
    const user = this.#of(connection);
    if (user === undefined) return;
    if (connection.client === 'gone') {
      this.#segment(connection, 'rst');
      return;
    }
    const first = connection.client === 'syn-sent';
    connection.client = 'established';
    if (first) {
      user.timers?.drop();
      if (this.#dialect === 'darwin') this.#world.tally.add(DARWIN.connects);
    }
    const rttMs = this.#agenda.now - connection.echo;
    // A second SYN-ACK is met with an ACK as well (RFC 5961 4).
    this.#segment(connection, 'ack');
    if (!first || user.ended) return;
    const at = this.#agenda.now + (this.#client.reactionMs ?? 0);
    this.#agenda.plan(at, () => this.#program.step(() => this.#look(user, rttMs)));
  }

  #look(user: User, rttMs: number): void {
    if (user.ended) return;
    user.looked = true;
    user.line.stage = 'upgrade';
    user.line.connectedMs = this.#agenda.now - user.line.startedMs;
    if (user.eof === 'arrived') this.#planRead(user);
    if (!(this.#client.speaks ?? true)) {
      user.said = true;
      return;
    }
    const { thinkMs = 0 } = this.#client;
    if (thinkMs === 0) this.#say(user, rttMs);
    else
      this.#agenda.plan(this.#agenda.now + thinkMs, () => this.#program.step(() => this.#say(user, rttMs)));
  }

  /** Writes the request. On Linux a connection that was reset says so itself; after a FIN it is EPIPE. */
  #say(user: User, rttMs: number): void {
    if (user.ended) return;
    user.said = true;
    const fate = user.connection.doomed ?? 'hanging';
    if (user.gone) {
      const linux = user.eof === 'none' ? 'ECONNRESET' : 'EPIPE';
      const errno = this.#dialect === 'linux' ? linux : user.socket.write();
      this.#end(user, { outcome: 'reset', errno: errno as string, syscall: 'write', fate });
      return;
    }
    // A first RTT m gives m + max(2m, the least) (RFC 6298 2.2; Linux net/ipv4/tcp_input.c tcp_rtt_estimator), and
    // twice m and the least a tail loss probe, if that is sooner (net/ipv4/tcp_output.c tcp_schedule_loss_probe).
    const rtoMs = rttMs + Math.max(2 * rttMs, RTO_MIN_MS);
    this.#request(user, Math.min(2 * rttMs + RTO_MIN_MS, rtoMs), rtoMs);
  }

  /** Sends the request, and again until the server's kernel has it: after this wait, then after the next, which doubles. */
  #request(user: User, waitMs: number, nextMs: number): void {
    const { connection } = user;
    this.#segment(connection, 'data');
    this.#world.timers?.sent();
    if (connection.unread || connection.answered) return;
    this.#world.after(waitMs, () => {
      const arrived = connection.unread || connection.answered;
      if (!user.ended && !arrived && connection.client === 'established')
        this.#request(user, nextMs, nextMs * 2);
    });
  }

  #segment(connection: Connection, segment: Segment): void {
    this.#world.link.send(() => this.#world.listener.segment(connection, segment));
  }

  answer(connection: Connection): void {
    const user = this.#of(connection);
    if (user === undefined || user.ended) return;
    user.ended = true;
    Object.assign(user.line, { outcome: 'open', stage: 'open', fate: 'served' });
    user.line.openMs = this.#agenda.now - user.line.startedMs;
    // Who does not speak may be answered before the program has looked.
    user.line.connectedMs ??= user.line.openMs;
  }

  ack(): void {}

  fin(connection: Connection): void {
    const user = this.#of(connection);
    if (user === undefined || user.gone) return;
    // On Linux no counter tells of this ACK.
    if (this.#dialect === 'darwin') this.#segment(connection, 'ack');
    if (user.ended) return;
    user.socket.fin();
    user.eof = 'arrived';
    if (user.looked) this.#planRead(user);
  }

  /** The program reads the end of file, unless an RST has come before on a kernel that tells of that first. */
  #planRead(user: User): void {
    this.#agenda.plan(this.#agenda.now + (this.#client.reactionMs ?? 0), () => {
      if (user.ended) return;
      user.eof = 'read';
      if (!(this.#client.speaks ?? true))
        this.#end(user, { outcome: 'eof', syscall: 'read', fate: 'no-descriptor' });
    });
  }

  reset(connection: Connection): void {
    const user = this.#of(connection);
    if (user === undefined) return;
    this.#drop(user, DARWIN.drops, DARWIN.closed);
    if (user.ended) return;
    user.socket.reset();
    // Its next call is the write of its request, which says it.
    if (user.looked && !user.said) return;
    const fate = connection.doomed ?? 'hanging';
    this.#end(user, { outcome: 'reset', ...this.#resetSeen(user), fate });
  }

  /** What a user that waits for its answer sees of an RST. */
  #resetSeen({ looked, eof, socket }: User): Pick<ModelUser, 'errno' | 'syscall'> {
    if (!looked) return { errno: 'ECONNRESET', syscall: 'connect' };
    // In CLOSE_WAIT Linux makes it EPIPE, and reads give the end of file (net/ipv4/tcp_input.c tcp_reset).
    if (this.#dialect === 'linux')
      return eof === 'none' ? { errno: 'ECONNRESET', syscall: 'read' } : { errno: 'EPIPE', syscall: 'write' };
    // Who has read the end of file writes, to learn whether there was more to it (robots/robot.ts).
    const late = eof === 'read';
    const errno = late ? socket.write() : socket.read();
    return { errno: errno as string, syscall: late ? 'write' : 'read' };
  }

  #loseHeart(user: User): void {
    const { connection } = user;
    if (user.ended) return;
    const connected = connection.client === 'established';
    this.#end(user, { outcome: 'timeout', fate: 'gave-up' });
    if (connected && !user.gone) this.#segment(connection, 'fin');
    else {
      user.timers?.drop();
      this.#drop(user, DARWIN.closed);
    }
  }

  #end(user: User, how: Partial<ModelUser>): void {
    user.ended = true;
    user.connection.client = 'gone';
    Object.assign(user.line, how);
    user.line.endedMs = this.#agenda.now - user.line.startedMs;
  }

  #of({ id }: Connection): User | undefined {
    return id === undefined ? undefined : this.users[id];
  }
}
