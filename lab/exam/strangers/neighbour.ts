import { connect, createServer } from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';

/**
 * A noisy neighbour of the server that is examined: PORT and the four after it are its own. It resets its clients, has others refused,
 * overflows a queue of its own, and is full of short connections; and it is what proxies have behind them: one that answers
 * late, one that accepts nobody, and a port that nobody listens on.
 */
const PORT = Number(process.env.PORT);

/** The neighbour's ports by what is there, from its first one on. */
const AT = { resets: PORT, short: PORT + 1, deaf: PORT + 2, late: PORT + 3, nobody: PORT + 4 };
/** So long the late one takes, ms. */
const LATE_MS = 3500;

if (isMainThread) {
  // A thread that listens, and then does nothing for good.
  new Worker(new URL(import.meta.url));
  createServer((socket) => {
    socket.on('error', () => {});
    socket.resetAndDestroy();
  }).listen(AT.resets);
  createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
  }).listen(AT.short);
  createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      setTimeout(
        () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
        LATE_MS,
      );
    });
  }).listen(AT.late, () => process.stdout.write('there\n'));
  const knock = (port: number, everyMs: number, stayMs: number) =>
    setInterval(() => {
      const socket = connect(port, '127.0.0.1');
      setTimeout(() => socket.destroy(), stayMs);
      socket.on('error', () => {});
      socket.resume();
    }, everyMs);
  knock(AT.resets, 150, 50);
  knock(AT.short, 60, 40);
  knock(AT.nobody, 150, 0);
  knock(AT.deaf, 200, 900);
} else {
  createServer().listen({ port: AT.deaf, backlog: 1 }, () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}
