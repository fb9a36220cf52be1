import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { plainAddress } from '../common/plain-address.ts';
import type { CloseLine, CloseReason, SampleLine } from '../protocol/gateway-events.ts';
import type { Out } from './event-writer.ts';
import type { Settings } from './gateway-settings.ts';

/** One TCP connection, from accept to its end. Times are milliseconds on the clock of `performance.now()`. */
export class Peer {
  readonly tcp: Socket;
  /** What is read from and written to: the TCP connection, or the TLS on it once its handshake is over. */
  socket: Socket;
  /** Read at accept, since getpeername(2) no longer answers once the peer has reset the connection. */
  readonly port: number;
  /** Read at accept likewise; absent: its lines do not tell it. */
  readonly address: string | undefined;
  readonly acceptedAt = performance.now();
  ws: WebSocket | undefined;
  openedAt = 0;
  keptAt = 0;
  heardAt = 0;
  /** What the gateway keeps in memory for this user; goes when the user does. */
  kept: Buffer | undefined;
  /** Pings in a row without a pong. */
  unanswered = 0;
  endedBy: keyof SampleLine['closed'] | undefined;

  constructor(socket: Socket, tellsAddress: boolean) {
    this.tcp = this.socket = socket;
    this.port = socket.remotePort ?? 0;
    this.address =
      tellsAddress && socket.remoteAddress !== undefined ? plainAddress(socket.remoteAddress) : undefined;
  }

  /** Whether messages can be sent: it is open and neither side has begun to close it. */
  get writable(): boolean {
    return this.ws !== undefined && this.ws.readyState === this.ws.OPEN && !this.socket.destroyed;
  }
}

/** The TCP connection below a socket (Node, lib/internal/tls/wrap.js, TLSSocket): the socket itself where there is no TLS. */
function tcpOf(socket: Socket): Socket {
  return (socket as unknown as { _parent: Socket | null })._parent ?? socket;
}

/** Every connection there is, in the order of its accept (`pending`) or its upgrade (`open`), and what became of the rest. */
export class Peers {
  readonly pending = new Map<Socket, Peer>();
  /** HTTP connections that wait for their next request, in the order of their answers. */
  readonly kept = new Map<Socket, Peer>();
  readonly open = new Set<Peer>();
  accepted = 0;
  /** TLS handshakes that have begun, and those that are over. */
  handshakesBegun = 0;
  handshakes = 0;
  upgraded = 0;
  readonly closed = { byGateway: 0, byPeer: 0, byError: 0 };
  readonly reasons: Partial<Record<CloseReason, number>> = {};
  readonly #out: Out;
  readonly #maxBuffered: number;
  readonly #tellsAddresses: boolean;

  constructor(out: Out, { MAX_BUFFERED, PEER_ADDRESSES }: Pick<Settings, 'MAX_BUFFERED' | 'PEER_ADDRESSES'>) {
    this.#out = out;
    this.#maxBuffered = MAX_BUFFERED;
    this.#tellsAddresses = PEER_ADDRESSES === 1;
  }

  /** Takes up a connection just accepted and follows it to its end. */
  accept(socket: Socket): void {
    const peer = new Peer(socket, this.#tellsAddresses);
    this.accepted++;
    this.pending.set(socket, peer);
    this.#followErrors(peer, socket);
    socket.on('close', () => {
      this.pending.delete(socket);
      this.kept.delete(socket);
      this.open.delete(peer);
      this.closed[peer.endedBy ?? 'byPeer']++;
    });
  }

  /** Takes up the TLS of a connection, whose handshake is over. */
  secured(socket: Socket): void {
    const peer = this.of(socket);
    this.handshakes++;
    if (!peer) return;
    peer.socket = socket;
    this.#followErrors(peer, socket);
  }

  #followErrors(peer: Peer, socket: Socket): void {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#errored(peer, 'socket-error', error.code ?? error.message);
    });
  }

  /** The connection of this socket, unless it is open. */
  of(socket: Socket): Peer | undefined {
    const tcp = tcpOf(socket);
    return this.pending.get(tcp) ?? this.kept.get(tcp);
  }

  /** Records that a connection which is not open yet failed. */
  failed(socket: Socket, reason: CloseReason, detail: string): void {
    const peer = this.of(socket);
    if (peer) this.#errored(peer, reason, detail);
  }

  #errored(peer: Peer, reason: CloseReason, detail: string): void {
    const sent =
      peer.socket === peer.tcp ? undefined : { all: peer.tcp.bytesWritten, data: peer.socket.bytesWritten };
    if (this.#note(peer, reason, undefined, detail, sent)) peer.endedBy = 'byError';
  }

  /** Moves a connection that has been answered to those that wait for another request. */
  keep(peer: Peer): void {
    if (peer.socket.destroyed) return;
    this.pending.delete(peer.tcp);
    this.kept.delete(peer.tcp);
    this.kept.set(peer.tcp, peer);
    peer.keptAt = performance.now();
  }

  /** Moves a connection to those that are open. */
  opened(peer: Peer, ws: WebSocket): void {
    this.pending.delete(peer.tcp);
    this.kept.delete(peer.tcp);
    this.open.add(peer);
    this.upgraded++;
    peer.ws = ws;
    peer.openedAt = peer.heardAt = performance.now();
  }

  /** Writes a frame, unless the connection is closing. Gives whether it was written. A peer that does not read is dropped. */
  send(peer: Peer, frame: Buffer): boolean {
    if (!peer.writable) return false;
    peer.socket.write(frame);
    this.checkBuffer(peer);
    return true;
  }

  /** Drops a peer that leaves too much unread. */
  checkBuffer(peer: Peer): void {
    const buffered = peer.socket.writableLength;
    if (buffered > this.#maxBuffered) this.drop(peer, 'slow-consumer', `${buffered} bytes unsent`);
  }

  /** Sends the same frame to all that are open; gives how many it went to. */
  broadcast(frame: Buffer): number {
    let audience = 0;
    for (const peer of this.open) if (this.send(peer, frame)) audience++;
    return audience;
  }

  /** Records that the gateway ends this connection, and why; the caller then ends it. Only the first reason counts. */
  decide(peer: Peer, reason: CloseReason, code?: number, detail?: string): void {
    if (this.#note(peer, reason, code, detail)) peer.endedBy = 'byGateway';
  }

  /** Ends a connection at once, without a closing handshake. */
  drop(peer: Peer, reason: CloseReason, detail?: string): void {
    this.decide(peer, reason, undefined, detail);
    peer.socket.destroy();
  }

  #note(peer: Peer, reason: CloseReason, code?: number, detail?: string, sent?: CloseLine['sent']): boolean {
    if (peer.endedBy !== undefined) return false;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    this.#out.write({
      event: 'close',
      at: Date.now(),
      reason,
      ...(code !== undefined && { code }),
      peerPort: peer.port,
      ...(peer.address !== undefined && { peerAddress: peer.address }),
      ageMs: Math.round(performance.now() - peer.acceptedAt),
      ...(detail !== undefined && { detail }),
      ...(sent && { sent }),
    });
    return true;
  }
}
