import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Settings, SettingsError } from './gateway-settings.ts';

/**
 * Listens where the settings say; gives the address that it has.
 * @throws {SettingsError} when that address cannot be had.
 * @throws {Error} with code EMFILE when there is no descriptor for it.
 */
export function listen(http: Server, { HOST, PORT, BACKLOG }: Settings): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EMFILE') reject(error);
      else reject(new SettingsError(`cannot listen on HOST=${HOST} PORT=${PORT}: ${inWords(error)}`));
    });
    http.listen({ host: HOST, port: PORT, backlog: BACKLOG }, () => {
      http.removeAllListeners('error');
      resolve(http.address() as AddressInfo);
    });
  });
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'the port is taken; choose another PORT, or 0 for any';
  if (code === 'EACCES') return 'the port needs a privilege; choose a PORT from 1024 to 65535';
  return message;
}
