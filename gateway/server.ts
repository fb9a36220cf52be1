import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RawData, type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { PATH } from '../protocol/betting.ts';
import { stopReading } from '../system/stop-reading.ts';
import type { Betting } from './bet-answers.ts';
import type { Rounds } from './betting-rounds.ts';
import type { Certificate } from './certificates/certificate.ts';
import { keep, leak, work } from './faults.ts';
import type { Settings } from './gateway-settings.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Peer, Peers } from './peers.ts';
import { startHelper } from './process-per-user.ts';
import { createSecureServer, followHandshakes } from './secure.ts';
import { Turns } from './turns.ts';

/** How long a client may take to answer the close frame that follows its error. Longer than a drain lasts. */
const CLOSE_TIMEOUT_MS = 5000;

interface Parts {
  settings: Settings;
  peers: Peers;
  rounds: Rounds;
  betting: Betting;
  /** Undefined: it speaks no TLS. */
  certificate: Certificate | undefined;
  /** Called after each user that opens. */
  opened: () => void;
  /** Called after each piece of work that a user brings, with the time at which it began. */
  worked: (began: number) => void;
  /** Called as each TLS handshake begins. */
  handshakeBegun: () => void;
}

/** The HTTP server with the WebSocket server on it, not listening yet, and whose turn it is to be served. */
export function createGateway({
  settings,
  peers,
  rounds,
  betting,
  certificate,
  opened,
  worked,
  handshakeBegun,
}: Parts): {
  http: Server;
  turns: Turns;
} {
  // Node's own header and request time-outs are off: HANDSHAKE_TIMEOUT_MS bounds the same time and leaves a line.
  const noTimeouts = { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 };
  const http = certificate ? createSecureServer(certificate, noTimeouts) : createServer(noTimeouts);
  const options: ServerOptions & {
    closeTimeout: number;
    maxPendingAutoPongs: number;
  } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: settings.MAX_PAYLOAD,
    // Pongs that a client does not read count into MAX_BUFFERED, like everything else.
    maxPendingAutoPongs: 0,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const wss = new WebSocketServer(options);
  const keepAlive = new KeepAlive(peers, settings.KEEP_ALIVE_MS);

  // The kernel has completed the handshake by then: Node accepts, closes and says nothing (lib/net.js, onconnection).
  if (settings.CAP_SILENT === 1 && settings.MAX_CONNECTIONS > 0)
    http.maxConnections = settings.MAX_CONNECTIONS;

  http.on('connection', (socket: Socket) => {
    peers.accept(socket);
    if (settings.LEAK === 1) leak(socket);
    if (settings.PROCESS_PER_USER === 1) startHelper(socket, peers);
  });
  if (certificate)
    followHandshakes(http, peers, {
      begun: handshakeBegun,
      secured(socket) {
        if (settings.LEAK === 1) leak(socket);
      },
    });
  http.on('request', onRequest);
  http.on('upgrade', onUpgrade);
  http.on('connect', (_request, socket) => deny(socket, 405, 'bad-request', 'CONNECT'));
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Only what the parser says: the error of a socket, and a peer that went away in mid-request, are no bad requests.
    const { code } = error;
    if (!code?.startsWith('HPE_') || code === 'HPE_INVALID_EOF_STATE') socket.destroy();
    else deny(socket, code === 'HPE_HEADER_OVERFLOW' ? 431 : 400, 'bad-request', code);
  });
  wss.on('wsClientError', (error, socket) => deny(socket, 400, 'bad-request', error.message));

  /** Answers a connection that is not going to be a WebSocket with a bare HTTP status, and ends it. */
  function deny(socket: Duplex, status: number, reason: 'bad-request' | 'max-connections', detail: string) {
    const peer = peers.of(socket as Socket);
    if (peer) peers.decide(peer, reason, undefined, detail);
    if (!socket.writable) return socket.destroy();
    // Servers' sockets allow half-open: without this one whose client never closes would stay.
    socket.once('finish', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n` +
        'Sec-WebSocket-Version: 13\r\n\r\n',
    );
  }

  function onRequest(request: IncomingMessage, response: ServerResponse) {
    if (request.url !== '/' || request.method !== 'GET') {
      const status = request.url === '/' ? 405 : 404;
      return deny(request.socket, status, 'bad-request', `${request.method} ${request.url?.slice(0, 80)}`);
    }
    const body = {
      status: 'ok',
      open: peers.open.size,
      accepted: peers.accepted,
      upgraded: peers.upgraded,
    };
    const peer =
      keepAlive.on && request.headers.connection !== 'close' ? peers.of(request.socket) : undefined;
    if (peer === undefined) response.shouldKeepAlive = false;
    else response.once('finish', () => keepAlive.answered(peer));
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify(body)}\n`);
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const peer = peers.of(socket as Socket);
    if (!peer) return socket.destroy();
    if (request.url?.split('?')[0] !== PATH) {
      return deny(socket, 404, 'bad-request', `upgrade to ${request.url?.slice(0, 80)}`);
    }
    if (settings.MAX_CONNECTIONS > 0 && peers.open.size >= settings.MAX_CONNECTIONS) {
      return deny(socket, 503, 'max-connections', `${settings.MAX_CONNECTIONS} are open`);
    }
    const began = performance.now();
    work(settings.HANDSHAKE_COST_MS);
    wss.handleUpgrade(request, socket, head, (ws) => onOpen(peer, ws));
    worked(began);
  }

  function onOpen(peer: Peer, ws: WebSocket) {
    ws.on('error', (error: NodeJS.ErrnoException) => {
      const code = closeCode(error.code);
      peers.decide(peer, code === 1009 ? 'too-large' : 'protocol-error', code, error.message);
    });
    ws.on('message', (data: RawData, isBinary: boolean) => onMessage(peer, data, isBinary));
    ws.on('pong', () => {
      peer.unanswered = 0;
      peer.heardAt = performance.now();
    });
    ws.on('ping', () => {
      peer.heardAt = performance.now();
      peers.checkBuffer(peer);
    });
    peers.opened(peer, ws);
    peer.kept = keep(settings.USER_KB);
    if (settings.CLOSE_UNREAD_MS > 0) stopReading(peer.socket);
    rounds.welcome(peer);
    opened();
  }

  function onMessage(peer: Peer, data: RawData, isBinary: boolean) {
    peer.heardAt = performance.now();
    // After a close frame went out there is no way to answer, and what is not answered must not be recorded.
    if (!peer.writable) return;
    const began = performance.now();
    work(settings.BET_COST_MS);
    peers.send(peer, betting.answer(isBinary ? undefined : String(data)));
    worked(began);
  }

  return { http, turns: new Turns(http, settings.MAX_SERVED) };
}

// The codes ws sends for its receiver's errors (ws, lib/receiver.js).
function closeCode(error: string | undefined): number {
  if (error === 'WS_ERR_INVALID_UTF8') return 1007;
  if (error?.startsWith('WS_ERR_UNSUPPORTED')) return 1009;
  if (error?.startsWith('WS_ERR_TOO_MANY')) return 1008;
  return 1002;
}
