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

/** The first secret of a handshake: the line comes as the server answers a ClientHello, before it signs (RFC 9850; RFC 8446, 7.1). */
const FIRST_SECRET = 'SERVER_HANDSHAKE_TRAFFIC_SECRET';
/** The one secret of TLS 1.2, which comes at the end. */
const ONLY_SECRET = 'CLIENT_RANDOM';

/** What follows the TLS handshakes of a gateway. */
interface Follower {
  /** Called at each that begins. */
  begun(): void;
  /** Called with each connection that has it behind it. */
  secured(socket: Socket): void;
}

/** Follows connections from the TCP handshake through that of TLS. */
export function followHandshakes(http: Server, peers: Peers, { begun, secured }: Follower): void {
  // No other event comes as a ClientHello is answered, and that is what a handshake costs.
  http.on('keylog', (line: Buffer) => {
    const name = line.toString('latin1', 0, line.indexOf(' '));
    if (name !== FIRST_SECRET && name !== ONLY_SECRET) return;
    peers.handshakesBegun++;
    begun();
  });
  http.on('secureConnection', (socket: TLSSocket) => {
    peers.secured(socket);
    secured(socket);
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
