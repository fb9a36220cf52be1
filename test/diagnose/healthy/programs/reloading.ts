import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Server } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * A web server that is replaced at SIGUSR2: a new process begins, takes over the listener (INHERITED) or opens the port beside the old one
 * (SO_REUSEPORT), and the old one serves those whom it has until they leave, and ends. What is started first only passes the signal on, and
 * by its end all are ended.
 */
const { WORKER, INHERITED } = process.env;
const PROGRAM = fileURLToPath(import.meta.url);

function start(listener: number | undefined, lifeline: 'pipe' | 'inherit') {
  const env = {
    ...process.env,
    WORKER: '1',
    ...(INHERITED === undefined ? { REUSE_PORT: '1' } : {}),
    ...(listener === undefined ? {} : { LISTENER: '4' }),
  };
  return spawn(process.execPath, [PROGRAM], {
    env,
    stdio: [lifeline, 'inherit', 'inherit', 'pipe', ...(listener === undefined ? [] : [listener])],
  });
}

if (WORKER === undefined) {
  const worker = start(undefined, 'pipe');
  process.on('SIGUSR2', () => worker.kill('SIGUSR2'));
  // Its end would be that of all.
  setInterval(() => {}, 60_000);
} else {
  const { server } = await import('./web.ts');
  const lifeline = process.stdin.on('end', () => process.exit());
  lifeline.resume();
  (lifeline as unknown as { unref(): void }).unref();
  if (!server.listening) await once(server, 'listening');
  writeSync(3, 'listens');
  process.on('SIGUSR2', () => {
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const next = start(INHERITED === undefined ? undefined : fd, 'inherit');
    next.unref();
    // That of HTTP closes idle connections as well.
    next.stdio[3]?.once('data', () => {
      next.stdio[3]?.destroy();
      Server.prototype.close.call(server);
    });
  });
}
