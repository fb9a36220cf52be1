import type { X509Certificate } from 'node:crypto';
import { isIP, Socket, type TcpSocketConnectOpts } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  createSecureContext,
  type TLSSocket,
} from 'node:tls';
import type { TlsOptions } from '../protocol/target-options.ts';

/** What a socket tells its owner. Each method may be called at any time until `socketClosed`, the last. */
export interface SocketOwner {
  connected(): void;
  /** The TLS handshake is over, and the certificate is one to trust. */
  secured(): void;
  received(bytes: Buffer): void;
  receivedEof(): void;
  errored(error: NodeJS.ErrnoException): void;
  socketClosed(): void;
}

export type RobotSocket = Socket & { owner: SocketOwner };

/** Makes a socket that connects, and reports to this owner through handlers that all sockets share. */
export type Dial = (owner: SocketOwner, options: TcpSocketConnectOpts) => RobotSocket;

// One buffer for every socket of the process: each is read synchronously, and a 64 KB one for each read of each
// socket is what makes plain sockets dear.
const bytes = Buffer.allocUnsafeSlow(65_536);
const onread = { buffer: bytes, callback: onData };
const OPTIONS = { allowHalfOpen: true, onread };

/** Connects by TCP. */
export const dialPlain: Dial = (owner, options) => owned(new Socket(OPTIONS), owner).connect(options);

/**
 * What Node hands to checkServerIdentity (lib/internal/tls/wrap.js, onConnectSecure), which asks for an object made of all fields of the
 * whole chain: a third of what a user costs.
 */
function certificateOf(this: TLSSocket): X509Certificate | undefined {
  return this.getPeerX509Certificate();
}

/** Node's error for a certificate that is not for this name or address; undefined: it is. */
function identityError(name: string, certificate: X509Certificate): Error | undefined {
  const isFor = isIP(name) === 0 ? certificate.checkHost(name, STRICT) : certificate.checkIP(name);
  return isFor === undefined ? checkServerIdentity(name, certificate.toLegacyObject()) : undefined;
}

/** No wider than Node's own check: what OpenSSL does not take under these is left to that. */
const STRICT = { subject: 'never', wildcards: false } as const;

/** What TLSSocket has and its types leave out (lib/internal/tls/wrap.js). */
interface NamesServer {
  setServername(name: string): void;
}

/**
 * Gives what connects by TCP and makes a whole TLS handshake, with one context for all: no session is taken up again.
 * Throws when `ca` or `maxVersion` is none. @param host what to look for in the certificate, unless a name is given
 */
export function dialTls({ ca, insecure, servername, maxVersion }: TlsOptions, host: string): Dial {
  const name = servername ?? host;
  const tls: ConnectionOptions = {
    ...OPTIONS,
    secureContext: createSecureContext({
      ...(ca !== undefined && { ca }),
      ...(maxVersion && { maxVersion }),
    }),
    rejectUnauthorized: !insecure,
    checkServerIdentity: (_host, certificate) =>
      insecure ? undefined : identityError(name, certificate as unknown as X509Certificate),
  };
  // An address is no name of DNS that SNI could ask for (RFC 6066, 3).
  const asked = isIP(name) === 0 ? name : undefined;
  return (owner, options) => {
    // It gives what the bytes are read into to the handle, as the one for plain sockets (lib/internal/tls/wrap.js, TLSSocket).
    const socket = connect({ ...options, ...tls } as ConnectionOptions);
    socket.getPeerCertificate = certificateOf as unknown as TLSSocket['getPeerCertificate'];
    // Node's own `servername` throws where connect(2) has failed at once (`connect` there): the handle is gone by then.
    if (asked !== undefined && !socket.destroyed) (socket as unknown as NamesServer).setServername(asked);
    // Node takes a FIN in the handshake for an ECONNRESET, of its own making (onConnectEnd): the owner is told of the FIN.
    socket.removeAllListeners('end');
    return owned(socket, owner).on('secureConnect', onSecured) as RobotSocket;
  };
}

interface Handle {
  readonly bytesRead: number;
  /** Below TLS, the TCP connection (Node, lib/internal/tls/wrap.js, TLSSocket._wrapHandle). */
  readonly _parent?: Handle;
}

/** What has been read of its connection, bytes, TLS's own with them; and the version of TLS. */
export function hasRead(socket: RobotSocket): { bytes: number; tls?: string } {
  const { _handle: handle } = socket as unknown as { _handle: Handle | null };
  const bytes = (handle?._parent ?? handle)?.bytesRead ?? socket.bytesRead;
  const tls = 'getProtocol' in socket ? (socket as unknown as TLSSocket).getProtocol() : null;
  return { bytes, ...(tls && { tls }) };
}

/**
 * Whether the connection is gone altogether that the server has sent FIN on: an RST came after it. Then the kernel no longer knows a
 * peer (Linux net/ipv4/af_inet.c inet_getname, in TCP_CLOSE; XNU bsd/kern/uipc_syscalls.c getpeername).
 */
export function isReset(socket: RobotSocket): boolean {
  return socket.remotePort === undefined;
}

function owned(socket: Socket, owner: SocketOwner): RobotSocket {
  (socket as RobotSocket).owner = owner;
  return socket
    .on('connect', onConnect)
    .on('end', onEnd)
    .on('error', onError)
    .on('close', onClose) as RobotSocket;
}

/** Views of the buffer's beginning, by their length: most reads are as short as others before them. */
const views: Buffer[] = Array.from({ length: 512 }, (_, length) => bytes.subarray(0, length));

function onData(this: unknown, length: number): boolean {
  (this as RobotSocket).owner.received(views[length] ?? bytes.subarray(0, length));
  return true;
}

function onConnect(this: Socket): void {
  (this as RobotSocket).owner.connected();
}

function onSecured(this: Socket): void {
  (this as RobotSocket).owner.secured();
}

function onEnd(this: Socket): void {
  (this as RobotSocket).owner.receivedEof();
}

function onError(this: Socket, error: NodeJS.ErrnoException): void {
  (this as RobotSocket).owner.errored(error);
}

function onClose(this: Socket): void {
  (this as RobotSocket).owner.socketClosed();
}
