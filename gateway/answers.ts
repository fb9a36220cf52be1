import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers a connection that is not going to be a WebSocket with a bare HTTP status and ends it. */
export function refuse(
  socket: Duplex & { destroySoon?: () => void },
  status: number,
): void {
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n` +
        'Sec-WebSocket-Version: 13\r\n\r\n',
    );
  }
  if (socket.destroySoon) socket.destroySoon();
  else socket.destroy();
}
