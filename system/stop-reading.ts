import type { Socket } from 'node:net';

interface Handle {
  reading: boolean;
  readStop(): number;
}

/**
 * Leaves what a peer sends from now on in the kernel's receive buffer. A close(2) then finds it unread and answers with
 * RST in place of FIN (RFC 9293, 3.10.4; RFC 2525, 2.17; Linux net/ipv4/tcp.c, __tcp_close, counted as TCPAbortOnClose).
 * Not by `pause`: a paused stream goes on reading until its own buffer is full (Node, lib/net.js), and what it has read is
 * no longer the kernel's.
 */
export function stopReading(socket: Socket): void {
  // Whoever listens for data has asked for a read in the next tick: after that nobody asks again.
  setImmediate(() => {
    const handle = (socket as unknown as { _handle: Handle | null })._handle;
    if (!handle) return;
    socket.pause();
    handle.reading = false;
    handle.readStop();
  });
}
