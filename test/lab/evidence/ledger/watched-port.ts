import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect as open, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerWitness } from '../../../../lab/evidence/linux/ledger/ledger-witness.ts';
import { PortLooks } from '../../../../lab/evidence/linux/ledger/port-looks.ts';
import type { ConnectionLine, WitnessLine } from '../../../../protocol/connection-events.ts';
import { type ConnectionRows, lineOf } from '../../../../protocol/connection-rows.ts';

const NET = '/proc/self/net';
const LOOK_MS = 20;

/** A server of this process whose connections are watched, and the lines that were written of them. */
export class WatchedPort implements AsyncDisposable {
  readonly lines: (ConnectionRows | WitnessLine)[] = [];
  readonly #server: Server;
  readonly #looks: PortLooks;
  readonly #sockets: Socket[] = [];
  #witness: LedgerWitness | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /** `before`: called with the port before the watch begins. */
  static async open(host = '127.0.0.1', before?: (port: number) => Promise<void>): Promise<WatchedPort> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    server.listen(0, host);
    await once(server, 'listening');
    const watched = new WatchedPort(server);
    await before?.(watched.port);
    await watched.#begin();
    return watched;
  }

  private constructor(server: Server) {
    this.#server = server;
    this.#looks = new PortLooks(this.port, 1);
  }

  async #begin(): Promise<void> {
    this.#witness = await LedgerWitness.begin({
      port: this.port,
      pid: () => process.pid,
      onMoved: () => this.#looks.hint(),
      write: (line) => this.lines.push(line),
    });
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : assert.fail('it does not listen');
  }

  /** A look at the table. */
  look(): void {
    this.#witness?.look(this.#looks.look(NET, this.#witness.wanted));
  }

  /** No more looks: what was seen until now is all that is known. */
  stopLooking(): void {
    clearInterval(this.#timer);
  }

  /** A new connection: its two sockets. */
  async pair(from: { host?: string; localPort?: number } = {}): Promise<{ client: Socket; server: Socket }> {
    const client = open({ host: '127.0.0.1', port: this.port, allowHalfOpen: true, ...from });
    const [server] = (await once(this.#server, 'connection')) as [Socket];
    for (const socket of [client, server]) this.#sockets.push(socket.on('error', () => {}));
    return { client, server };
  }

  /** All lines of connections so far. */
  get connections(): ConnectionLine[] {
    return this.lines.flatMap((line) => (line.event === 'connections' ? line.rows.map(lineOf) : []));
  }

  /** The lines of connections, once there are so many. */
  async told(count = 1): Promise<ConnectionLine[]> {
    for (const end = performance.now() + 5000; this.connections.length < count; await sleep(20))
      assert.ok(performance.now() < end, `${this.connections.length} of ${count} were told of within 5 s`);
    return this.connections;
  }

  /** Ends the watch; all lines. */
  async end(): Promise<ConnectionLine[]> {
    clearInterval(this.#timer);
    if (!this.#over) await this.#witness?.end(() => this.#looks.look(NET, this.#witness?.wanted));
    this.#over = true;
    return this.connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
