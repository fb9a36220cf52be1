import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FleetDoneLine, FleetLine, UserLine } from '../../protocol/fleet-events.ts';
import { Crowd } from '../../robots/crowd.ts';
import { acceptOf } from '../../robots/handshake.ts';
import { readSettings } from '../../robots/robots-settings.ts';
import { SelfWatch } from '../../robots/self.ts';

export const MAIN = fileURLToPath(new URL('../../robots/main.ts', import.meta.url));

type Env = Record<string, string | number>;

/** What a fleet wrote, by kind. */
export class Report {
  readonly lines: FleetLine[];

  constructor(lines: FleetLine[]) {
    this.lines = lines;
  }

  of<E extends FleetLine['event']>(event: E) {
    return this.lines.filter((line): line is Extract<FleetLine, { event: E }> => line.event === event);
  }

  /** By id, since the order of the lines means nothing. */
  get users(): UserLine[] {
    return this.of('user').sort((a, b) => a.id - b.id);
  }

  get done(): FleetDoneLine {
    const done = this.of('done');
    assert.equal(done.length, 1, 'one done line');
    assert.equal(this.lines.at(-1), done[0], 'the done line is the last');
    return done[0] as FleetDoneLine;
  }

  get phases(): string[] {
    return this.of('phase').map(({ phase }) => phase);
  }

  /** How many users by `outcome stage`. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { outcome, stage } of this.users) {
      counts[`${outcome} ${stage}`] = (counts[`${outcome} ${stage}`] ?? 0) + 1;
    }
    return counts;
  }
}

/** Users in this process against a port of 127.0.0.1. No rounds unless asked for. */
export async function crowd(
  port: number,
  users: number,
  env: Env = {},
  whenLoading?: (crowd: Crowd) => void,
  whenSettled?: () => void,
) {
  const settings = readSettings(strings({ TARGET_PORT: port, USERS: users, ROUNDS: 0, ...env }));
  const lines: FleetLine[] = [];
  const one = new Crowd(settings, '127.0.0.1', new SelfWatch(0), {
    write(line) {
      lines.push(line);
      if (whenSettled && line.event === 'phase' && line.phase === 'settled') setImmediate(whenSettled);
    },
    writeText: (text) => lines.push(JSON.parse(text)),
  });
  await one.live(async (phase) => {
    if (phase === 'load' && whenLoading) setImmediate(whenLoading, one);
  });
  return new Report(lines);
}

/** One user's line. */
export async function lone(port: number, env: Env = {}): Promise<UserLine> {
  const [user] = (await crowd(port, 1, env)).users;
  assert.ok(user);
  return user;
}

/** A TCP server on a port of its own; disposing of it cuts whatever is connected. */
export class Listener {
  readonly server: Server;
  readonly sockets = new Set<Socket>();

  private constructor(onSocket: (socket: Socket) => void) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      onSocket(socket);
    });
  }

  static async start(onSocket: (socket: Socket) => void): Promise<Listener> {
    const listener = new Listener(onSocket);
    await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  /** Answers each request with these bytes, where {accept} stands for what its key asks for. */
  static answering(answer: string, then: (socket: Socket) => void = () => {}): Promise<Listener> {
    return Listener.start((socket) => {
      socket.once('data', (request) => {
        // A close frame is answered by closing, as a gateway does.
        socket.on('data', (frame) => frame[0] === 0x88 && socket.end());
        const key = /^Sec-WebSocket-Key: (.*)$/im.exec(request.toString('latin1'))?.[1] ?? '';
        socket.write(answer.replace('{accept}', acceptOf(key.trim())), 'latin1', () => then(socket));
        socket.on('end', () => socket.end());
      });
    });
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async [Symbol.asyncDispose]() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const UPGRADED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n';

/** A server's text frame. */
export function text(message: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  assert.ok(payload.length < 126);
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
}

/** The fleet in a process of its own; disposing of it ends it. */
export class Fleet {
  readonly lines: FleetLine[] = [];
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string; report: Report }>;
  #heard = () => {};

  constructor(env: Env, nofile?: number) {
    const command = `${nofile === undefined ? '' : `ulimit -n ${nofile} && `}exec "$0" "$1"`;
    this.child = spawn('sh', ['-c', command, process.execPath, MAIN], {
      env: { PATH: process.env.PATH, MAX_LIFETIME_S: '60', ...strings(env) },
    });
    let stderr = '';
    this.child.stderr?.setEncoding('utf8').on('data', (data) => {
      stderr += data;
    });
    if (this.child.stdout) {
      createInterface(this.child.stdout).on('line', (line) => {
        this.lines.push(JSON.parse(line));
        this.#heard();
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        this.#heard();
        resolve({ code, signal, stderr, report: new Report(this.lines) });
      });
    });
  }

  /** Resolves when a line fits; rejects when the fleet ends without one. */
  async until(fits: (line: FleetLine) => boolean): Promise<void> {
    while (!this.lines.some(fits)) {
      if (this.child.exitCode !== null) throw new Error(`ended without: ${fits}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async [Symbol.asyncDispose]() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

function strings(env: Env): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}
