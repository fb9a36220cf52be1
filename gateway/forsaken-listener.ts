import { spawn } from 'node:child_process';
import type { Server } from 'node:http';

/**
 * Leaves the listener to a process that accepts nobody: the kernel goes on to complete handshakes, and whoever comes waits in the accept
 * queue. It ends with this process, whatever ends that: its stdin is a pipe of ours.
 */
export function forsakeListener(http: Server): void {
  const { fd } = (http as unknown as { _handle: { fd: number } })._handle;
  spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', fd] }).on('error', () => {});
  http.close();
}
