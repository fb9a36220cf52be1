import type { FleetDoneLine, PhaseLine, ProgressLine, UserLine } from '../../protocol/fleet-events.ts';
import type {
  CloseLine,
  DrainedLine,
  ErrorLine,
  ListeningLine,
  RestartLine,
  RoundLine,
  SampleLine,
} from '../../protocol/gateway-events.ts';
import type { ObservedLine, SnapshotLine } from '../../protocol/observer-events.ts';
import type { ProcessLine, RefusalsLine } from '../../protocol/process-events.ts';
import type { TracedReset, TraceEvidence } from '../../protocol/trace-events.ts';
import type { FailedConnect, MadeConnects } from '../../protocol/upstream-events.ts';
import type { LinkQdisc, PartClock, ProxySeen, RuntimeName } from '../runtimes/runtime.ts';
import type { Settings } from '../settings/schema.ts';
import type { UserCost } from '../target/user-cost.ts';
import type { Keep, LostPart } from './lab-lines.ts';
import { KeptRows } from './ledger/kept-rows.ts';
import { type Ledger, newLedger } from './ledger/ledger.ts';
import { type Lines, PackedLines } from './packed-lines.ts';

/** The gateway's end, when it came before the lab asked for it. */
export interface UnexpectedExit {
  at: number;
  code: number | null;
  signal: string | null;
  /** Processes that the kernel killed in its cgroup for want of memory; absent where that cannot be read. */
  oomKills?: number;
  output: string;
  /** Which machine it was on; absent: the lab's own. */
  where?: string;
}

/** Everything that one execution measured, joined and unjudged. */
export interface Evidence {
  host: { os: string; kernel: string; node: string };
  runtime: RuntimeName;
  driver: string;
  /** True when the network namespace holds nothing but this run. */
  exclusive: boolean;
  /** Robots of ours came to a server that is not ours from another network namespace; else from its own, over its loopback. */
  elsewhere?: true;
  asked: Settings;
  observer: {
    before?: SnapshotLine;
    after?: SnapshotLine;
    series: ObservedLine[];
    /** It ended before the lab asked for it: when that was heard of, ms since the epoch, and how. */
    lost?: { at: number; how: string };
  };
  gateway: {
    listening?: ListeningLine;
    samples: SampleLine[];
    closes: CloseLine[];
    rounds: RoundLine[];
    errors: ErrorLine[];
    restarts: RestartLine[];
    drained?: DrainedLine;
    exit?: UnexpectedExit;
    /** When the lab kept it stopped (SIGSTOP), so that it accepted nobody, ms since the epoch. */
    stopped?: { from: number; to: number };
  };
  /** The delay between gateway and robots, when one was put there, and what makes it. */
  link?: { delayMs: number; qdisc: LinkQdisc };
  /** The clocks of its parts, where they are on other machines; absent: all have the lab's own. */
  clocks?: PartClock[];
  /** Parts that were lost; absent: none was. */
  lostParts?: LostPart[];
  /** The kernel's own word on the resets; absent when it was not asked. */
  trace?: Omit<TraceEvidence, 'resets'> & { resets: Lines<TracedReset> };
  /** What the kernel told of the server's processes, in the order of time; absent: nothing, or it was not asked. */
  processes?: ProcessLine[];
  /** Connects that were refused since nobody listened on the server's port; absent likewise. */
  refusals?: RefusalsLine[];
  /** The life of each connection of the server. */
  ledger: Ledger;
  /** Docker's proxy, when the users came through a published port and it could be seen; at the end of the load. */
  proxy?: ProxySeen;
  /** What a user over TLS costs a server that is not ours; absent: not measured. */
  userCost?: UserCost;
  /** Connections that the server wanted of others and did not get, by the kernel's trace. */
  failedConnects: FailedConnect[];
  /** Connections that it did get of others, by the same trace; absent where it was not told. */
  madeConnects?: MadeConnects;
  fleet: { users: Lines<UserLine>; phases: PhaseLine[]; progress: ProgressLine[]; done?: FleetDoneLine };
  /** Called with each line as it is filed; absent: nobody keeps them. */
  keep?: Keep;
}

/** Evidence of nothing yet. */
export function noEvidence(
  base: Pick<Evidence, 'host' | 'runtime' | 'driver' | 'exclusive' | 'asked' | 'keep'>,
): Evidence {
  return {
    ...base,
    observer: { series: [] },
    ledger: newLedger(base.keep),
    failedConnects: [],
    gateway: { samples: [], closes: [], rounds: [], errors: [], restarts: [] },
    fleet: { users: [], phases: [], progress: [] },
  };
}

/** The same, for what is going to be measured: there may be many users and connections. */
export function nothingMeasured(base: Parameters<typeof noEvidence>[0]): Evidence {
  const evidence = noEvidence(base);
  evidence.fleet.users = new PackedLines();
  evidence.ledger.connections = new KeptRows();
  return evidence;
}
