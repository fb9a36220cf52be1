// Somebody's server: it knows nothing of the lab. Keeps idle connections longer than any test.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('hello\n'));
server.keepAliveTimeout = 600_000;
server.listen({ port: 8080, host: '0.0.0.0', backlog: Number(process.env.BACKLOG ?? 511) }, () => {
  // It listens and never accepts.
  if (process.env.BLOCKED) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
