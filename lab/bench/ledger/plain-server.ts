import { createServer } from 'node:net';

/**
 * The least that a server in Node can do: HOST, PORT, BACKLOG. It answers each request with a few bytes; after one that begins with `s`
 * it closes first, else it waits for the client to. At TERM it ends, and with it, at once, every connection that is left.
 */
const { HOST, PORT, BACKLOG } = process.env;
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const SERVER_FIRST = 's'.charCodeAt(0);

const server = createServer((socket) => {
  socket.on('data', (request) => {
    if (request[0] === SERVER_FIRST) socket.end(ANSWER);
    else socket.write(ANSWER);
  });
  socket.on('error', () => socket.destroy());
});
const quit = () => process.exit(0);
process.once('SIGTERM', quit);
process.stdin.resume().once('end', quit);
server.listen({ host: HOST, port: Number(PORT), backlog: Number(BACKLOG) }, () =>
  console.log(JSON.stringify({ event: 'listening', pid: process.pid })),
);
