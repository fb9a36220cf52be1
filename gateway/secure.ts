import type { Server } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates/certificate.ts';
import type { Peers } from './peers.ts';

/** Node has no value for "never" (lib/internal/tls/wrap.js takes 120 s in place of 0); this is the longest. */
const NEVER_MS = 2 ** 31 - 1;

/** An HTTP server that speaks TLS. Its `connection` gives the TCP connection, as that of plain HTTP does. */
export function createSecureServer(
  certificate: Certificate,
  options: { headersTimeout: number; requestTimeout: number; keepAliveTimeout: number },
): Server {
  const https = createServer({ ...options, ...certificate, handshakeTimeout: NEVER_MS });
  // It has all that one of plain HTTP has (Node, lib/https.js); the types alone keep the two apart.
  return https as unknown as Server;
}

/** Follows connections from the TCP handshake through that of TLS. `then`: called with each that has it behind it. */
export function followHandshakes(http: Server, peers: Peers, then: (socket: Socket) => void): void {
  http.on('secureConnection', (socket: TLSSocket) => {
    peers.secured(socket);
    then(socket);
    // One that had to wait for its turn began paused, and the HTTP server expects one that flows.
    if (socket.isPaused()) socket.resume();
  });
  http.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    // A FIN in the handshake is an error here that no system call gave (lib/internal/tls/wrap.js, onSocketClose): a peer that left.
    const code = error.code ?? error.message;
    if (error.syscall !== undefined) peers.failed(socket, 'socket-error', code);
    else if (code.startsWith('ERR_')) peers.failed(socket, 'tls-error', code);
  });
}
