import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { GatewayMessage } from '../../protocol/betting.ts';
import type { GatewayLine } from '../../protocol/gateway-events.ts';

export const MAIN = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));
/** Only a hang takes so long. */
export const HANG_MS = 8000;
/** For what takes seconds where nothing else runs. */
export const SLOW_MS = 40_000;

type LineOf<E> = Extract<GatewayLine, { event: E }>;
type MessageOf<T> = Extract<GatewayMessage, { type: T }>;

/** Items that arrive over time. Each `next` takes up after the item that the one before gave. */
export class Feed<T> {
  readonly all: T[] = [];
  #read = 0;
  #wake = () => {};

  push(item: T): void {
    this.all.push(item);
    this.#wake();
  }

  async next<S extends T>(fits: (item: T) => item is S, patienceMs?: number): Promise<S>;
  async next(fits: (item: T) => boolean, patienceMs?: number): Promise<T>;
  async next(fits: (item: T) => boolean, patienceMs = HANG_MS): Promise<T> {
    const giveUpAt = performance.now() + patienceMs;
    while (performance.now() < giveUpAt) {
      while (this.#read < this.all.length) {
        const item = this.all[this.#read++] as T;
        if (fits(item)) return item;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
    throw new Error(`nothing fits ${fits}; last: ${JSON.stringify(this.all.slice(-5))}`);
  }
}

/** The real gateway in a process of its own, on a port of its own; disposing of it ends it. */
export class Gateway {
  readonly lines = new Feed<GatewayLine>();
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
  port = 0;

  /** `stdout`: a descriptor that it is to write its lines to; then nobody reads them here. */
  constructor(env: Record<string, string | number>, nofile?: number, stdout: 'pipe' | number = 'pipe') {
    const command = `${nofile === undefined ? '' : `ulimit -n ${nofile} && `}exec "$0" "$1"`;
    this.child = spawn('sh', ['-c', command, process.execPath, MAIN], {
      env: { PATH: process.env.PATH, PORT: '0', MAX_LIFETIME_S: '60', ...strings(env) },
      stdio: ['pipe', stdout, 'pipe'],
    });
    let stderr = '';
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    if (this.child.stdout) {
      createInterface(this.child.stdout).on('line', (line) => this.lines.push(JSON.parse(line)));
    }
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({ code, signal, stderr }));
    });
  }

  /** Starts one and waits until it listens. */
  static async start(env: Record<string, string | number> = {}, nofile?: number): Promise<Gateway> {
    const gateway = new Gateway(env, nofile);
    gateway.port = (await gateway.next('listening')).port;
    return gateway;
  }

  next<E extends GatewayLine['event']>(
    event: E,
    fits: (line: LineOf<E>) => boolean = () => true,
    patienceMs = HANG_MS,
  ) {
    const wanted = (line: GatewayLine): line is LineOf<E> => line.event === event && fits(line as LineOf<E>);
    return this.lines.next(wanted, patienceMs);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM') {
    this.child.kill(signal);
    return await this.ended;
  }

  async [Symbol.asyncDispose]() {
    await this.stop('SIGKILL');
  }
}

/** One user on `ws`, with the messages it got. */
export class User {
  readonly messages = new Feed<GatewayMessage>();
  readonly ws: WebSocket;
  readonly closed: Promise<number>;

  constructor(port: number, path = '/bets') {
    this.ws = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    this.ws.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    this.ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.ws.on('close', resolve);
    });
  }

  static async open(port: number): Promise<User> {
    const user = new User(port);
    const opened = await Promise.race([
      new Promise((resolve) => user.ws.once('open', () => resolve(true))),
      user.closed,
    ]);
    assert.equal(opened, true, 'the user does not get in');
    return user;
  }

  next<T extends GatewayMessage['type']>(type: T) {
    return this.messages.next((message): message is MessageOf<T> => message.type === type);
  }

  bet(id: string, round: number, amount = 5): void {
    this.ws.send(JSON.stringify({ type: 'bet', id, round, amount }));
  }
}

export const UPGRADE =
  'GET /bets HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A connection without any protocol, that sends `bytes`; `ended` gives all it received once it is closed. */
export async function raw(port: number, ...bytes: (string | Uint8Array)[]) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.setEncoding('latin1').on('data', (data) => {
    text += data;
  });
  socket.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(text));
  });
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  // A socket that is closed no longer knows its port.
  const localPort = socket.localPort;
  for (const part of bytes) socket.write(part);
  return { socket, localPort, ended };
}

/** A raw connection whose upgrade has been answered. */
export async function upgraded(port: number) {
  const connection = await raw(port, UPGRADE);
  await new Promise((resolve, reject) => {
    connection.socket.once('data', resolve);
    connection.socket.once('close', () => reject(new Error('closed before the upgrade')));
  });
  return connection;
}

/** A client's frame, masked with zeros, whatever its bits and its payload. */
export function frame(firstByte: number, payload: string | Uint8Array): Buffer {
  const body = Buffer.from(payload as Uint8Array);
  const head =
    body.length > 125
      ? [firstByte, 0xfe, body.length >> 8, body.length & 255]
      : [firstByte, 0x80 | body.length];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

function strings(env: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}
