import { createServer } from 'node:net';

/** Resets everybody who comes to PORT of HOST. */
createServer((socket) => socket.resetAndDestroy()).listen(
  Number(process.env.PORT),
  process.env.HOST ?? '0.0.0.0',
);
