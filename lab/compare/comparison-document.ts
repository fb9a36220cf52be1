import type { Stage } from '../../protocol/fleet-events.ts';
import { DARWIN } from '../laws/queue-model/darwin-counters.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { Figure } from './number-or-range.ts';

/** Whose kernel it is. */
export const SYSTEMS = ['linux', 'macos'] as const;
export type System = (typeof SYSTEMS)[number];

/** Users that fare alike. */
export interface ColumnGroup {
  outcome: string;
  stage: Stage;
  errno: string | null;
  status?: number;
  count: Figure;
}

/** One side of a comparison. In a measured one every figure is a number; in a predicted one it may be a range. */
export interface Column {
  /** As it was asked for: `linux`, `macos` or a run's folder. */
  name: string;
  os: System;
  source: 'measured' | 'predicted';
  /** Whose word it is: the run with its runtime and kernel, or the model with its dialect. */
  from: string;
  /** In force, read back; of a predicted side those that the model reckoned with. By kernel name, `somaxconn` on both. */
  settings: EffectiveSettings;
  users: { asked: number; open: Figure; failed: Figure; by: ColumnGroup[] };
  /** Failed users by the cause that has them. */
  causes: { cause: string; users: Figure }[];
  /** Ms after connect(2) was called; null where nobody connected, or the driver does not see it. */
  connectMs: Record<Quantile, Figure | null>;
  /** Users who connected after 0.9 s or more; null where the driver does not see it. */
  waited: Figure | null;
  /** From the first connect(2) until the last user was open or had failed, ms. */
  lastMs: Figure | null;
  /** Growth during the load, by the names under which they are measured. One that could not be read is absent. */
  counters: Record<string, Figure>;
  /** What the prediction rests on that nobody has measured, and what it leaves out; what a run could not read. */
  notes: string[];
  /** The run's folder; null for a prediction. */
  path: string | null;
}

export const QUANTILES = ['p50', 'p90', 'p99', 'max'] as const;
export type Quantile = (typeof QUANTILES)[number];

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
    [DARWIN.drops]: 'ends of connections dropped: evicted entries, and each end that an RST ended',
    [DARWIN.closed]: 'ends of connections that are gone, dropped ones among them',
    [DARWIN.accepts]: 'SYNs for which the listener made an entry, evicted ones among them',
    [DARWIN.connects]: 'ends that became connected: two for a connection over loopback',
    [DARWIN.embryonic]: 'connect(2) that the kernel gave up',
    [DARWIN.keepDrops]: 'ends that keepinit ended: connect(2) that was given up, half-open entries',
    [DARWIN.afterClose]: 'packets with data for a connection that was closed with FIN',
    [DARWIN.listBadSyn]: 'segments with ACK or RST that hit a listener',
    [DARWIN.cookiesSent]: 'cookies sent',
    [DARWIN.cookiesReceived]: 'cookies received',
  },
};

/** One thing that the two columns show otherwise. */
export interface Difference {
  what: string;
  left: string;
  right: string;
  why: string;
  /** Files and functions of the kernels, or where it was read. */
  sources: string[];
}

/** One point of the grid. */
export interface GridPoint {
  nofile: number;
  backlog: number;
  ramp: string;
  columns: Column[];
  differences: Difference[];
}

/** What `compare --json` prints, and compare.json. */
export interface CompareDocument {
  schema: 1;
  complete: boolean;
  host: VerdictDocument['host'];
  seed: number;
  /** Left and right. */
  columns: Column[];
  differences: Difference[];
  /** With --grid: every point, that of the columns among them. */
  grid: GridPoint[] | null;
  /** Folder with this document and its page. */
  path: string | null;
}
