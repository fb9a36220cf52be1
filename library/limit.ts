import type { FleetDoneLine } from '../protocol/fleet-events.ts';
import type { Failure, Moved, TrialResult } from './trial.ts';

/** What stopped the users, as far as it was seen; `unknown` when nothing explains the failures. */
export interface Limit {
  by: 'nothing' | 'robots' | 'nofile' | 'accept-queue' | 'syn-queue' | 'server' | 'unknown';
  says?: string;
}

interface Seen {
  failed: number;
  failures: Failure[];
  peak: TrialResult['peak'];
  counters: Moved[];
  bottlenecks: FleetDoneLine['bottlenecks'];
  nofile: number | undefined;
}

/** Names the limit from what one trial saw. A suspect without evidence is never named. */
export function limitOf(seen: Seen): Limit {
  const { failed, failures, peak, bottlenecks, nofile } = seen;
  if (failed === 0) return { by: 'nothing' };
  const ours = bottlenecks.find(({ users }) => users > 0);
  if (ours) return { by: 'robots', says: ours.says };
  if (nofile !== undefined && peak.descriptors >= nofile)
    return { by: 'nofile', says: `all ${nofile} descriptors of the server in use` };
  const overflows = rise(seen, 'TcpExt ListenOverflows');
  if (overflows > 0)
    return {
      by: 'accept-queue',
      says: `the accept queue was full ${overflows} times, ${peak.acceptQueue} seen in it`,
    };
  const drops = rise(seen, 'TcpExt TCPReqQFullDrop');
  if (drops > 0) return { by: 'syn-queue', says: `${drops} SYN dropped: the SYN queue was full` };
  const said = failures.find(({ outcome }) => outcome === 'protocol' || outcome === 'closed');
  if (said)
    return { by: 'server', says: `the server itself turned users away: ${said.detail ?? 'a close frame'}` };
  return { by: 'unknown', says: 'no limit that was watched was met: look at the server itself' };
}

function rise({ counters }: Seen, name: string): number {
  const moved = counters.find((counter) => counter.name === name);
  return moved ? moved.after - moved.before : 0;
}
