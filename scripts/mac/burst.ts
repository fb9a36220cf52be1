import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { BURST_MS } from './syns-at-once.ts';

/** A listener outlives its burst by no more than this, ms. */
const LISTENS_MS = 4000;

/** A listener that accepts nobody. */
export interface Listener {
  port: number;
  address: string;
  pid: number;
  end(): void;
}

/** Starts one; without a backlog it asks for what Node asks for. Throws when it says nothing. */
export async function stuckListener(backlog?: number): Promise<Listener> {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'listener.ts'), String(backlog ?? -1), String(LISTENS_MS)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined) throw new Error('the listener could not be started');
  const lines = createInterface({ input: stdout });
  const [line] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(child, 'exit').then(() => Promise.reject(new Error('the listener ended before it listened'))),
  ]);
  return {
    ...(JSON.parse(line) as { port: number; address: string }),
    pid,
    end: () => child.kill('SIGKILL'),
  };
}

/** What became of the users of a burst. */
export interface BurstSeen {
  connected: number;
  pending: number;
  /** By `syscall errno`. */
  errors: Record<string, number>;
  reset: number;
}

/** So many users at once, each of whom sends a byte when it is connected; looked at before any SYN is sent again. */
export async function burst(
  port: number,
  users: number,
  meanwhile: () => Promise<unknown>,
): Promise<BurstSeen> {
  const seen: BurstSeen = { connected: 0, pending: 0, errors: {}, reset: 0 };
  const connected = new Set<Socket>();
  const sockets = Array.from({ length: users }, () => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      connected.add(socket);
      socket.write('x');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      connected.delete(socket);
      const what = `${error.syscall ?? '?'} ${error.code ?? '?'}`;
      seen.errors[what] = (seen.errors[what] ?? 0) + 1;
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') seen.reset += 1;
    });
    return socket;
  });
  await Promise.all([setTimeout(BURST_MS), meanwhile()]);
  seen.connected = connected.size;
  seen.pending = users - connected.size - Object.values(seen.errors).reduce((all, one) => all + one, 0);
  for (const socket of sockets) socket.destroy();
  return seen;
}
