import { sayingOf, wayOf } from '../lab/facts/user-groups.ts';
import type { Failure, TrialResult } from './trial.ts';

const SHOWN = ['nofile', 'somaxconn', 'tcp_max_syn_backlog', 'tcp_abort_on_overflow', 'tcp_syncookies'];
const COUNTERS = /^(TcpExt (Listen|TCPReqQFull|TCPAbort)|Tcp OutRsts)/;

/** A trial as lines of text: how many failed, how, by which limit, and the counters that tell. */
export function diagnosisOf(trial: TrialResult): string {
  const { users, open, failed, kind, rampMs, failures, limitedBy, says, counters, settings, left } = trial;
  const limits = SHOWN.flatMap((name) => (name in settings ? [`${name} ${settings[name]}`] : []));
  return [
    `${users} users requested, ${open} open, ${failed} failed (${kind}, ${rampMs === 0 ? 'all at once' : `over ${rampMs} ms`})`,
    ...failures.map(wayLine),
    ...(failed > 0 ? [`  limited by: ${limitedBy}${says ? ` (${says})` : ''}`] : []),
    ...counters
      .filter(({ name }) => COUNTERS.test(name))
      .map(({ name, source, before, after }) => `  ${name}: ${before} → ${after} (${source} of the server)`),
    ...(left > 0 ? [`  ${left} connections still open after the users had left`] : []),
    `  in force: ${limits.join(', ')}`,
  ].join('\n');
}

function wayLine({ errno, detail, ...way }: Failure): string {
  // Of an answer of HTTP the detail is the line that the server said.
  const said = detail && way.said?.startsWith(detail) ? '' : sayingOf(way);
  return `  ${way.count} × ${wayOf({ ...way, errno: errno ?? null })}${detail ? `: ${detail}` : ''}${said}`;
}
