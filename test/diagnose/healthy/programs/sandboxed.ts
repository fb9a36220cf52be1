import { spawn } from 'node:child_process';
import { server } from './web.ts';

/**
 * A web server with two children that can open nothing any more: nofile 0 and 1, below the descriptors they have. HOLDING: they have the
 * listener among these, and never accept.
 */
server.on('listening', () => {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const held = process.env.HOLDING === undefined ? [] : [fd];
  for (const nofile of [0, 1])
    spawn('/bin/sh', ['-c', `ulimit -n ${nofile}; read _`], { stdio: ['pipe', 'ignore', 'ignore', ...held] });
});
