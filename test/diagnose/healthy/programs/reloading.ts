import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * A web server that is replaced at SIGUSR2: a new process begins, takes over the listener (INHERITED) or opens the port beside the old one
 * (SO_REUSEPORT), and the old one serves those whom it has until they leave, and ends. What is started first is their supervisor: it passes
 * the signal on, and they end with it.
 */
const { SUPERVISOR, INHERITED } = process.env;
const PROGRAM = fileURLToPath(import.meta.url);

function start(listener?: number) {
  const env = {
    ...process.env,
    SUPERVISOR: SUPERVISOR ?? String(process.pid),
    ...(INHERITED === undefined ? { REUSE_PORT: '1' } : {}),
    ...(listener === undefined ? {} : { LISTENER: '4' }),
  };
  return spawn(process.execPath, [PROGRAM], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', ...(listener === undefined ? [] : [listener])],
  });
}

if (SUPERVISOR === undefined) {
  const worker = start();
  process.on('SIGUSR2', () => worker.kill('SIGUSR2'));
  setInterval(() => {}, 60_000);
} else {
  const { server } = await import('./web.ts');
  setInterval(endWithSupervisor, 100).unref();
  if (!server.listening) await once(server, 'listening');
  writeSync(3, 'listens');
  process.on('SIGUSR2', () => {
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const next = start(INHERITED === undefined ? undefined : fd);
    next.unref();
    next.stdio[3]?.once('data', () => {
      next.stdio[3]?.destroy();
      // That of HTTP closes idle connections as well.
      Server.prototype.close.call(server);
    });
  });
}

function endWithSupervisor(): void {
  try {
    process.kill(Number(SUPERVISOR), 0);
  } catch {
    process.exit();
  }
}
