import { Socket } from 'node:net';

/** What a socket tells its owner. Each method may be called at any time until `socketClosed`, the last. */
export interface SocketOwner {
  connected(): void;
  received(bytes: Buffer): void;
  receivedEof(): void;
  errored(error: NodeJS.ErrnoException): void;
  socketClosed(): void;
}

export type RobotSocket = Socket & { owner: SocketOwner };

// One buffer for every socket of the process: each is read synchronously, and a 64 KB one for each read of each
// socket is what makes plain sockets dear.
const bytes = Buffer.allocUnsafeSlow(65_536);
const onread = { buffer: bytes, callback: onData };
const OPTIONS = { allowHalfOpen: true, onread };

/** A socket that is not yet connected and reports to this owner, through handlers that all sockets share. */
export function newSocket(owner: SocketOwner): RobotSocket {
  const socket = new Socket(OPTIONS) as RobotSocket;
  socket.owner = owner;
  return socket
    .on('connect', onConnect)
    .on('end', onEnd)
    .on('error', onError)
    .on('close', onClose) as RobotSocket;
}

function onData(this: unknown, length: number): boolean {
  (this as RobotSocket).owner.received(bytes.subarray(0, length));
  return true;
}

function onConnect(this: Socket): void {
  (this as RobotSocket).owner.connected();
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
