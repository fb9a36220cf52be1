import { readText } from '../read.ts';
import { addressOf, endsOf, TCP } from './tcp-rows.ts';

/** A TCP socket that is no listener, in a network namespace. */
export interface TcpSocket {
  /** The address of its own end as the kernel prints it, and its port. */
  host: string;
  port: number;
  /** The other end as the kernel prints it. */
  remote: string;
  state: number;
  /** `0`: no file has it. */
  inode: string;
  /** For how long it has been in TIME_WAIT, ms; absent in other states. */
  closedFor?: number;
}

/** Of a listener: address and port, and how many wait in its accept queue. */
export interface TcpListener {
  host: string;
  port: number;
  waiting: number;
}

const FILES = ['tcp', 'tcp6'];
/** TCP_TIMEWAIT_LEN (include/net/tcp.h); the clock ticks in USER_HZ (net/ipv4/tcp_ipv4.c get_timewait4_sock). */
const TIME_WAIT_MS = 60_000;
const TICK_MS = 10;

const ROW =
  /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) (..) [0-9A-F]+:([0-9A-F]{8}) ..:([0-9A-F]{8}) \S+ +\d+ +-?\d+ (\d+) /gm;

/** All sockets of a network namespace but those of one local port; the files are those below a folder such as /proc/self/net. */
export function readOtherSockets(
  netDir: string,
  but: number,
): { sockets: TcpSocket[]; listeners: TcpListener[] } {
  const sockets: TcpSocket[] = [];
  const listeners: TcpListener[] = [];
  for (const file of FILES) {
    const text = readText(`${netDir}/${file}`) ?? '';
    for (const [
      ,
      host = '',
      own = '',
      remote = '',
      st = '',
      queued = '',
      timer = '',
      inode = '',
    ] of text.matchAll(ROW)) {
      const [port, state] = [Number.parseInt(own, 16), Number.parseInt(st, 16)];
      if (state === TCP.LISTEN)
        listeners.push({ host: addressOf(host), port, waiting: Number.parseInt(queued, 16) });
      else if (port !== but) {
        const socket: TcpSocket = { host, port, remote, state, inode };
        if (state === TCP.TIME_WAIT)
          socket.closedFor = Math.max(0, TIME_WAIT_MS - Number.parseInt(timer, 16) * TICK_MS);
        sockets.push(socket);
      }
    }
  }
  return { sockets, listeners };
}

/** The other end of a socket as people write it: `127.0.0.1:8080`, `[::1]:8080`; a mapped IPv4 address as IPv4. */
export function remoteOf({ remote }: Pick<TcpSocket, 'remote'>): string {
  return endsOf(`${remote} ${remote}`).remote;
}
