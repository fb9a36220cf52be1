import { createServer } from 'node:http';
import { createServer as createBare } from 'node:net';

/**
 * A server with one clock on PORT. CLOCK: `idle`, an echo that ends who is silent for MS; `age`, one that ends everybody after MS; `http`, a web
 * server that keeps idle connections for MS.
 */
const { PORT, CLOCK, MS } = process.env;
const ms = Number(MS);

if (CLOCK === 'http') {
  const server = createServer((_, answer) => answer.end('ok'));
  server.keepAliveTimeout = ms;
  server.keepAliveTimeoutBuffer = 0;
  server.listen(Number(PORT));
} else
  createBare((socket) => {
    socket.on('error', () => {}).on('data', (bytes) => socket.write(bytes));
    const end = () => socket.destroy();
    if (CLOCK === 'age') setTimeout(end, ms);
    else socket.setTimeout(ms, end);
  }).listen(Number(PORT));
