import cluster from 'node:cluster';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A web server of Node. MODE: `cluster`, two workers that are handed their connections; `block`, at its AT-th connection its event
 * loop stands for 3 s; `restart`, then it resets all and does not listen for 600 ms; `die`, then it ends with code 3.
 */
const { PORT, MODE, AT } = process.env;

function serve(): void {
  const open = new Set<Socket>();
  let over = false;
  const server: Server = createServer((_, answer) => answer.end('ok'));
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    if (over || open.size !== Number(AT)) return;
    over = true;
    if (MODE === 'die') process.exit(3);
    if (MODE === 'block') for (const from = Date.now(); Date.now() - from < 3000; );
    if (MODE !== 'restart') return;
    server.close();
    for (const one of open) one.resetAndDestroy();
    setTimeout(() => server.listen(Number(PORT), '127.0.0.1'), 600);
  });
  server.listen(Number(PORT), '127.0.0.1');
}

if (MODE === 'cluster' && cluster.isPrimary) {
  for (let worker = 0; worker < 2; worker += 1) cluster.fork();
} else serve();
