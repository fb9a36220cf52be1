import { once } from 'node:events';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import type { TlsOptions } from '../../protocol/target-options.ts';

/** One connection, and what is said on it. */
export interface Talk {
  host: string;
  port: number;
  tls: TlsOptions | undefined;
  says?: Buffer;
  /** Asked when it is ready, and with all that has come: is it enough? */
  until(bytes: Buffer): boolean;
  /** The longest time to wait for that, ms. */
  ms: number;
  /** What is said before it ends. */
  goodbye?(bytes: Buffer): Buffer | undefined;
}

/** What came of it. */
export interface Heard {
  connected: boolean;
  /** The handshake of TLS is over. */
  secured: boolean;
  bytes: Buffer;
  error?: NodeJS.ErrnoException;
}

/** The longest time for the server to answer the end, ms. */
const GOODBYE_MS = 1000;
/** Nobody says so much before one who asks. */
const MOST = 65_536;

/** Connects, says it, hears until it is enough, the end, an error or the time, and ends in order. Never rejects. */
export async function talk({ host, port, tls, says, until, ms, goodbye }: Talk): Promise<Heard> {
  const heard: Heard = { connected: false, secured: false, bytes: Buffer.alloc(0) };
  const socket = tls ? dialTls(host, port, tls) : connectPlain({ host, port, autoSelectFamily: false });
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, ms);
  const look = () => {
    if (heard.bytes.length > MOST || until(heard.bytes)) over.resolve();
  };
  const ready = () => {
    if (says) socket.write(says);
    look();
  };
  socket
    .on('connect', () => {
      heard.connected = true;
      if (!tls) ready();
    })
    .on('secureConnect', () => {
      heard.secured = true;
      ready();
    })
    .on('data', (chunk: Buffer) => {
      heard.bytes = Buffer.concat([heard.bytes, chunk]);
      look();
    })
    .on('error', (error) => {
      heard.error ??= error;
      over.resolve();
    })
    .on('end', over.resolve)
    .on('close', over.resolve);
  await over.promise;
  clearTimeout(timer);
  if (!socket.destroyed) await leave(socket, goodbye?.(heard.bytes));
  return heard;
}

function dialTls(host: string, port: number, { ca, insecure, servername }: TlsOptions): TLSSocket {
  const name = servername ?? host;
  return connectTls({
    ...{ host, port, autoSelectFamily: false, rejectUnauthorized: !insecure },
    ...(ca !== undefined && { ca }),
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  });
}

/** With a goodbye the other end closes first. */
async function leave(socket: Socket, goodbye: Buffer | undefined): Promise<void> {
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(GOODBYE_MS) }).catch(() => {});
  if (goodbye) socket.write(goodbye);
  else socket.end();
  socket.resume();
  await closed;
  socket.destroy();
}
