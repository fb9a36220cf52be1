import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { WebSocketServer } from 'ws';

/**
 * A server of Node that writes down what its users say, a line of JSON each: HTTP, and WebSocket with the subprotocol `play`. With
 * CERTIFICATE and KEY it speaks TLS. It listens at HOST. Any other subprotocol it refuses by REFUSES, `status` or nothing.
 */
const { PORT, HOST, CERTIFICATE, KEY, SAID = '', REFUSES } = process.env;
const say = (what: object) => appendFileSync(SAID, `${JSON.stringify(what)}\n`);
const request = ({ url, headers, socket }: IncomingMessage) => ({
  url,
  headers,
  name: (socket as { servername?: string }).servername,
});
const server =
  CERTIFICATE && KEY
    ? createSecure({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) })
    : createServer();
server.on('request', (asked, answer) => {
  say(request(asked));
  answer.end('ok');
});
const players = new WebSocketServer({
  server,
  handleProtocols: (offered) => (offered.has('play') ? 'play' : false),
  verifyClient: ({ req }: { req: IncomingMessage }) =>
    REFUSES !== 'status' || [undefined, 'play'].includes(req.headers['sec-websocket-protocol']),
});
players.on('connection', (socket, asked) => {
  say(request(asked));
  socket.on('message', (message) => {
    say({ message: String(message) });
    socket.send(`welcome ${message}`);
  });
});
server.listen(Number(PORT), HOST ?? '127.0.0.1');
