import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type Server, Socket } from 'node:net';

/**
 * A web server that says `ok`, on PORT of HOST; with CERTIFICATE (a file with the key in it) by TLS. `/work` keeps its one thread busy for a while.
 * IDLE_MS: closes a connection that asks nothing for so long. BACKLOG. LISTENER: this descriptor is the listener; REUSE_PORT: SO_REUSEPORT.
 * Its faults: CAP, who comes beyond so many is closed without a word; THIRD, every third is reset as it comes.
 */
const {
  PORT,
  CERTIFICATE,
  IDLE_MS = '60000',
  BACKLOG = '511',
  LISTENER,
  REUSE_PORT,
  CAP,
  THIRD,
  HOST = '0.0.0.0',
} = process.env;

const WORK_MS = 180;

const answer: RequestListener = ({ url }, response) => {
  if (url === '/work') for (const from = Date.now(); Date.now() - from < WORK_MS; );
  response.setHeader('content-length', 2);
  response.end('ok');
};

function make() {
  if (CERTIFICATE === undefined) return createServer(answer);
  const pem = readFileSync(CERTIFICATE);
  return createSecure({ key: pem, cert: pem }, answer);
}

export const server = make();
server.keepAliveTimeout = Number(IDLE_MS);
server.keepAliveTimeoutBuffer = 0;
if (CAP !== undefined) server.maxConnections = Number(CAP);

let came = 0;
(server as Server).on('connection', (socket) => {
  came += 1;
  if (THIRD !== undefined && came % 3 === 0 && socket instanceof Socket) socket.resetAndDestroy();
});

if (LISTENER !== undefined) server.listen({ fd: Number(LISTENER) });
else
  server.listen({
    port: Number(PORT),
    host: HOST,
    backlog: Number(BACKLOG),
    reusePort: REUSE_PORT !== undefined,
  });
