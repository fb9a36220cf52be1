import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createSecure } from 'node:tls';

/** Speaks first, as databases and mail do: a greeting, an answer to each `ask`, and at `quit` it closes. With CERTIFICATE by TLS. */
const { PORT, CERTIFICATE } = process.env;

function talk(socket: Socket): void {
  socket.on('error', () => {});
  socket.write('hello\n');
  socket.on('data', (text) => {
    if (`${text}`.includes('ask')) socket.write('answer\n');
    if (`${text}`.includes('quit')) socket.destroySoon();
  });
}

const pem = CERTIFICATE === undefined ? undefined : readFileSync(CERTIFICATE);
const server = pem === undefined ? createServer(talk) : createSecure({ key: pem, cert: pem }, talk);
server.listen(Number(PORT), '0.0.0.0');
