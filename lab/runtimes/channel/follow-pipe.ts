import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { defined } from '../../../common/defined.ts';
import { UsageError } from '../../../common/errors.ts';
import type { GatewayLine } from '../../../protocol/gateway-events.ts';
import { LineReader } from '../../../protocol/ndjson-reader.ts';
import type { Ending, Part } from '../runtime.ts';

/**
 * The gateway that docker/init.sh runs in the container whose pid namespace this one shares, by the pipe which it writes to. The part ends
 * with its line `exit`, or with the pipe. Throws UsageError when there is no pipe, or it cannot be opened.
 */
export function followPipe(path: string | undefined, onLine: (line: unknown) => void): Part {
  const ended = Promise.withResolvers<Ending>();
  let pid: number | undefined;
  const reader = new LineReader((line) => {
    const told = line as GatewayLine | ({ event: 'exit' } & Ending);
    if (told.event === 'exit') {
      const { code, signal, oomKills } = told;
      ended.resolve(defined({ code, signal, oomKills, output: reader.stray.trim() }));
      return;
    }
    if (told.event === 'listening') pid = told.pid;
    onLine(line);
  });
  openPipe(path)
    .on('data', (chunk: Buffer) => reader.push(chunk))
    .on('error', () => {})
    .on('close', () => ended.resolve({ code: null, signal: 'gone', output: reader.stray.trim() }));
  return {
    ended: ended.promise,
    async signal(name) {
      try {
        if (pid !== undefined) process.kill(pid, name);
      } catch {
        // It has ended.
      }
    },
  };
}

function openPipe(path: string | undefined): Socket {
  if (path === undefined) throw new UsageError('GATEWAY_LINES: is not set; allowed: the pipe of the gateway');
  try {
    // Not to wait in it for somebody who writes, nor to keep a thread in a read.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw new UsageError(
      `GATEWAY_LINES=${path}: ${(error as NodeJS.ErrnoException).code}; allowed: the pipe of the gateway`,
    );
  }
}
