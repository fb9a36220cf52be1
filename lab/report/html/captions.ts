import { count, duration } from '../../../common/format.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { NumberList } from '../../evidence/number-list.ts';
import { isDarwin } from '../../facts/darwin-listen-queue.ts';
import { DARWIN_QUEUE_LAW } from '../../laws/accept-queue-law.ts';
import { DARWIN } from '../../laws/queue-model/darwin-counters.ts';
import type { EffectiveSettings } from '../../run/effective-settings.ts';
import type { VerdictDocument } from '../../run/verdict-document.ts';
import { highest } from '../data/axis.ts';
import { resent } from '../data/connect-times.ts';
import { grown, most } from '../data/totals.ts';
import { type Html, html } from './tagged-html.ts';

/** Says under the chart of users what it shows; a screen reader has this instead. */
export function usersCaption({ users, times }: VerdictDocument): Html {
  const settled = times.settledMs === null ? '' : ` All had settled after ${duration(times.settledMs)}.`;
  return html`${count(users.asked, 'user')} requested: ${users.open} open to the end, ${users.failed} failed.${settled}
<cite>robots, one line a user</cite>`;
}

export function descriptorsCaption(evidence: Evidence): Html {
  const process = evidence.observer.before?.process;
  const peak = most(evidence, 'descriptors') ?? '?';
  const share = process ? `${peak} of nofile ${process.nofileHard}` : `${peak}`;
  const rest = process ? `${process.descriptors.length} at start, ` : '';
  return html`${rest}at most ${share} seen. <cite>${isDarwin(evidence) ? 'lsof; the gateway itself' : '/proc/<pid>/fd and limits'}</cite>`;
}

export function queueCaption(evidence: Evidence): Html {
  const { observer, gateway } = evidence;
  const peak = most(evidence, 'acceptQueue') ?? 0;
  const { sysctls } = observer.before ?? {};
  if (isDarwin(evidence))
    return html`At most ${count(peak, 'connection')} seen waiting. Capacity is <i class="predicted">predicted</i>:
${DARWIN_QUEUE_LAW}, half-open ones with it (backlog ${gateway.listening?.backlog ?? '?'}, kern.ipc.somaxconn ${sysctls?.['kern.ipc.somaxconn'] ?? '?'}).
<cite>netstat -L -a -n</cite>`;
  const somaxconn = sysctls?.somaxconn ?? '?';
  return html`At most ${count(peak, 'connection')} seen waiting. Capacity is <i class="predicted">predicted</i>:
min(backlog ${gateway.listening?.backlog ?? '?'}, somaxconn ${somaxconn}) + 1. <cite>/proc/&lt;pid&gt;/net/tcp</cite>`;
}

export function countersCaption(evidence: Evidence): Html {
  const total = (name: string) => grown(evidence, name);
  if (isDarwin(evidence))
    return html`${total(DARWIN.badSyn)} segments answered with RST by the listener, ${total(DARWIN.listenDrop)} SYNs at a full listen queue, on
this Mac. macOS does not count RSTs. <cite>netstat -s -p tcp</cite>`;
  return html`${total('Tcp OutRsts')} RST sent, ${total('TcpExt ListenOverflows')} drops at a full accept queue,
${total('TcpExt TCPSynRetrans')} SYN or SYN-ACK sent again, in the gateway's network namespace.
<cite>/proc/&lt;pid&gt;/net/snmp and netstat</cite>`;
}

export function loopCaption({ gateway, fleet }: Evidence): Html {
  const ours = highest(gateway.samples.map(({ loop }) => loop.max));
  const seen = fleet.progress.flatMap(({ self }) => self.loop?.max ?? []);
  const theirs = seen.length === 0 ? 'not measured' : duration(highest(seen));
  return html`At worst ${duration(ours)} in the gateway, ${theirs} in the robots; each point is the longest
since the one before. <cite>gateway stdout, robots stdout</cite>`;
}

export function connectCaption({ fleet }: Evidence, settings: EffectiveSettings): Html {
  const known = new NumberList();
  for (const { connectedMs } of fleet.users) if (connectedMs !== undefined) known.push(connectedMs);
  const times = known.sort();
  const at = (share: number) =>
    duration(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  const never = fleet.users.length - times.length;
  const linear = settings.tcp_syn_linear_timeouts;
  return html`Half within ${at(0.5)}, 99 of 100 within ${at(0.99)}, all within ${at(1)};
${never === 0 ? 'every user connected' : `${count(never, 'user')} never connected`}. Dashed:
<i class="predicted">predicted</i> moments at which an unanswered SYN is sent again
(${resent(settings, 70).join(', ')} s${linear === undefined ? '' : `; tcp_syn_linear_timeouts ${linear}`}).
<cite>robots, one line a user</cite>`;
}
