import { DARWIN } from '../laws/queue-model/darwin-counters.ts';
import type { System } from './document.ts';

/** The counters that tell what became of a connection, by the names under which they are measured. */
export const TELLING: Record<System, readonly string[]> = {
  linux: [
    'TcpExt ListenOverflows',
    'TcpExt ListenDrops',
    'TcpExt TCPReqQFullDoCookies',
    'TcpExt TCPReqQFullDrop',
    'TcpExt TCPSynRetrans',
    'TcpExt TCPAbortOnClose',
    'TcpExt EmbryonicRsts',
    'TcpExt SyncookiesSent',
    'TcpExt SyncookiesFailed',
    'Tcp PassiveOpens',
    'Tcp OutRsts',
  ],
  macos: Object.values(DARWIN),
};
