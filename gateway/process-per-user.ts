import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Peers } from './peers.ts';

/**
 * Starts a process for a connection, which ends with it, and with the gateway however that ends: it reads a pipe that nobody else holds.
 * Where none can be started the connection is closed, as servers do that have a process or a thread for each.
 */
export function startHelper(socket: Socket, peers: Peers): void {
  const helper = spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
  helper.stdin?.on('error', () => {});
  helper.once('error', (error: NodeJS.ErrnoException) => {
    const peer = peers.of(socket);
    if (peer) peers.decide(peer, 'process-limit', undefined, `no process for it: ${error.code}`);
    socket.destroy();
  });
  socket.once('close', () => helper.stdin?.end());
}
