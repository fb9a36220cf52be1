import { createServer } from 'node:net';

/** Listens on PORT with a backlog of 4, and never accepts. */
createServer().listen({ port: Number(process.env.PORT), backlog: 4 }, () =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
);
