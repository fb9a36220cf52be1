import { Socket, type TcpSocketConnectOpts } from 'node:net';
import { Changes } from './changes.ts';

/** Without a further connection for so long, the queue is full: the rest would wait for it in vain. */
const QUIET_MS = 2000;

/** Connections that say nothing: they fill an accept queue and stay in it until the server accepts. */
export class SilentConnections {
  readonly #sockets: Socket[] = [];
  readonly #changes = new Changes();
  #connected = 0;

  /** Resolves when `count` are connected, or when no more get through. */
  async connect(count: number, options: TcpSocketConnectOpts): Promise<void> {
    for (let i = 0; i < count; i++) this.#start(options);
    for (let before = -1; before < this.#connected && this.#connected < count; ) {
      before = this.#connected;
      await this.#changes.until(() => this.#connected === count, QUIET_MS);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #start(options: TcpSocketConnectOpts): void {
    const socket = new Socket();
    this.#sockets.push(socket);
    socket.once('connect', () => {
      this.#connected++;
      this.#changes.happened();
    });
    // What the server does with them later is its own affair.
    socket.on('error', () => {});
    socket.connect(options);
  }
}
