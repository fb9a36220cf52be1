import { DARWIN } from '../laws/queue-model/darwin-counters.ts';
import type { System } from './comparison-document.ts';

/** The counters that tell what became of a connection, by the names under which they are measured, and what each counts. */
export const MEANING: Record<System, Readonly<Record<string, string>>> = {
  linux: {
    'TcpExt ListenOverflows': 'SYNs and ACKs dropped for a full accept queue',
    'TcpExt ListenDrops': 'packets dropped by listeners, for whatever reason',
    'TcpExt TCPReqQFullDoCookies': 'SYNs answered with a cookie for a full SYN queue',
    'TcpExt TCPReqQFullDrop': 'SYNs dropped for a full SYN queue without cookies',
    'TcpExt TCPSynRetrans': 'SYNs and SYN-ACKs sent again',
    'TcpExt TCPAbortOnClose': 'connections closed with data unread, each answered with RST',
    'TcpExt EmbryonicRsts': 'half-open connections ended by RST',
    'TcpExt SyncookiesSent': 'cookies sent',
    'TcpExt SyncookiesFailed': 'ACKs with a cookie that was not good',
    'Tcp PassiveOpens': 'connections that became complete at the server',
    'Tcp OutRsts': 'RSTs sent',
  },
  macos: {
    [DARWIN.listenDrop]: 'SYNs that came to a full queue',
    [DARWIN.badSyn]: 'segments with ACK that hit a listener, each answered with RST: those of evicted users',
    [DARWIN.drops]: 'connections dropped, evicted ones among them',
    [DARWIN.closed]: 'connections closed or dropped',
    [DARWIN.accepts]: 'connections that became complete at the server',
    [DARWIN.embryonic]: 'half-open connections that ran out of time',
    [DARWIN.afterClose]: 'packets with data for a connection that was closed',
    [DARWIN.listBadSyn]: 'segments with ACK or RST that hit a listener',
    [DARWIN.cookiesSent]: 'cookies sent',
    [DARWIN.cookiesReceived]: 'cookies received',
  },
};
