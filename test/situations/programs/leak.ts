import { createServer } from 'node:http';

/** Says 401 to an upgrade on the raw socket, and never closes it. */
const server = createServer((_request, response) => response.end('ok'));
server.on('upgrade', (_request, socket) =>
  socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'),
);
server.listen(Number(process.env.PORT), '0.0.0.0');
