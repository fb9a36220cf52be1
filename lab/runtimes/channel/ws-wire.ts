import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { CannotRunError, messageOf } from '../../../common/errors.ts';
import { plainAddress } from '../../../common/plain-address.ts';
import type { ToLab } from './messages.ts';
import type { Link, Listener, Wire } from './wire.ts';

/** How often each end looks whether the other lives, and how long it may be silent. If shorter, a machine that is busy with the load ends one that does. */
export const ALIVE_MS = 1000;
export const SILENT_MS = 10_000;

/** Lines of a second, of many users. */
const MOST_BYTES = 256 * 2 ** 20;

/** A wire that listens on a port of this container. */
export interface ListeningWire extends Wire {
  readonly port: number;
}

/** Listens for members who know the token. Throws CannotRunError when it cannot. */
export async function listenForMembers(
  port: number,
  token: string,
  onRefused: (from: string) => void = () => {},
): Promise<ListeningWire> {
  const refused: string[] = [];
  const server = new WebSocketServer({
    port,
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    verifyClient: ({ req }: { req: IncomingMessage }) => {
      const known = knows(req, token);
      if (known) return true;
      const from = plainAddress(req.socket.remoteAddress ?? 'nobody');
      refused.push(from);
      onRefused(from);
      return false;
    },
  });
  const failed = once(server, 'error').then(([error]) => {
    throw new CannotRunError(`channel: port ${port}: ${messageOf(error)}`);
  });
  await Promise.race([once(server, 'listening'), failed]);
  failed.catch(() => {});
  const waiting: WebSocket[] = [];
  let take = (socket: WebSocket): void => void waiting.push(socket);
  server.on('connection', (socket) => take(socket));
  return {
    port: (server.address() as AddressInfo).port,
    accept(taker) {
      take = (socket) => join(socket, taker);
      for (const socket of waiting.splice(0)) take(socket);
    },
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function knows({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? '');
  const right = Buffer.from(`Bearer ${token}`);
  return given.length === right.length && timingSafeEqual(given, right);
}

function join(socket: WebSocket, take: (link: Link) => Listener): void {
  let heard = performance.now();
  let why = 'its connection ended';
  const listener = take({
    send: (message) => socket.send(JSON.stringify(message), () => {}),
    close: () => socket.terminate(),
  });
  const hear = () => {
    heard = performance.now();
  };
  const look = setInterval(() => {
    if (performance.now() - heard > SILENT_MS) {
      why = `no sign of life for ${SILENT_MS / 1000} s`;
      socket.terminate();
    } else socket.ping(() => {});
  }, ALIVE_MS);
  socket
    .on('pong', hear)
    .on('message', (data) => {
      hear();
      let message: ToLab;
      try {
        message = JSON.parse(data.toString()) as ToLab;
      } catch {
        why = 'it said what is no message of the channel';
        socket.terminate();
        return;
      }
      listener.onMessage(message);
    })
    // What it is follows in `close`.
    .on('error', () => {})
    .on('close', () => {
      clearInterval(look);
      listener.onClose(why);
    });
}
