import type { Server } from 'node:http';
import type { Socket } from 'node:net';

type Serve = (this: Server, socket: Socket) => void;

/** Serves so many connections at once: who comes beyond them is accepted, and nothing of it is read until one of the others has ended. */
export class Turns {
  readonly #http: Server;
  readonly #most: number;
  #serve: Serve[] = [];
  readonly #waiting = new Set<Socket>();
  #served = 0;

  /** `most`: 0: no bound. To be called once all listeners for connections are there: they hear of each in its turn. */
  constructor(http: Server, most: number) {
    this.#http = http;
    this.#most = most;
    if (most === 0) return;
    this.#serve = http.listeners('connection') as Serve[];
    http.removeAllListeners('connection');
    // Else Node reads what comes before anybody wants it (lib/net.js, onconnection).
    Object.assign(http, { pauseOnConnect: true });
    http.on('connection', (socket: Socket) => {
      this.#waiting.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!this.#waiting.delete(socket)) this.#served--;
        this.#next();
      });
      this.#next();
    });
  }

  /** How many wait for their turn; undefined: nobody ever has to. */
  get waiting(): number | undefined {
    return this.#most === 0 ? undefined : this.#waiting.size;
  }

  #next(): void {
    for (const socket of this.#waiting) {
      if (this.#served >= this.#most) return;
      this.#waiting.delete(socket);
      this.#served++;
      for (const serve of this.#serve) serve.call(this.#http, socket);
      socket.resume();
    }
  }
}
