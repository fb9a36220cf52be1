import { defined } from '../../common/defined.ts';
import { counterUntil } from '../facts/counter-growth.ts';
import { slowConnects } from '../facts/user-groups.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import { allLostInWords } from '../run/lost-parts.ts';
import { type Column, MEANING, type System } from './comparison-document.ts';
import { type Seen, together } from './outcome-summary.ts';
import { type FinishedRun, systemOf } from './sides.ts';

/** The column of a run: its numbers as they were measured. Throws UsageError for a run on another system. */
export function measuredColumn(name: string, run: FinishedRun): Column {
  const { document, path } = run;
  const os = systemOf(run);
  const { runtime, driver, host, complete, lost } = document;
  const cut = lost ? allLostInWords(lost) : 'the run was interrupted';
  // On a Mac the containers' kernel is not the host's.
  const kernel =
    host.os === 'darwin' && os === 'linux' ? "the containers' kernel" : `${host.os} ${host.kernel}`;
  const { users, ...figures } = together([seenOf(run, os)]);
  return {
    name,
    os,
    source: 'measured',
    from: `runtime ${runtime}, ${kernel}, driver ${driver}`,
    settings: aligned(document.settings),
    users: { asked: document.users.asked, ...users },
    ...figures,
    notes: [...(complete ? [] : [cut]), ...unread(run, os)],
    path,
  };
}

/** Settings of either system under the same names where they are the same knob: somaxconn, ip_local_port_range. */
function aligned(settings: EffectiveSettings): EffectiveSettings {
  const {
    'kern.ipc.somaxconn': somaxconn,
    'net.inet.ip.portrange.first': first,
    'net.inet.ip.portrange.last': last,
    ...rest
  } = settings;
  const range = first === undefined || last === undefined ? undefined : `${first}-${last}`;
  return {
    ...rest,
    ...defined({
      somaxconn: rest.somaxconn ?? somaxconn,
      ip_local_port_range: rest.ip_local_port_range ?? range,
    }),
  };
}

function seenOf({ document, evidence }: FinishedRun, os: System): Seen {
  const { users } = document;
  const lines = evidence.fleet.users;
  const done = evidence.fleet.phases.find(({ phase }) => phase === 'done')?.at ?? Number.POSITIVE_INFINITY;
  // What the end of the gateway does to its users is not the run's.
  const counter = counterUntil(evidence, done);
  return {
    by: users.by,
    open: users.open,
    failed: users.failed,
    causes: Object.fromEntries(
      document.verdicts
        .filter(({ explains }) => explains > 0)
        .map(({ cause, explains }) => [cause, explains]),
    ),
    times: lines.map(({ startedAt, ...times }) => ({ ...times, startedMs: startedAt })),
    waited: slowConnects(lines),
    counters: Object.fromEntries(
      Object.keys(MEANING[os]).flatMap((name) => {
        const value = counter(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

function unread({ evidence }: FinishedRun, os: System): string[] {
  const known = Object.keys(evidence.observer.before?.counters ?? {});
  return os === 'macos' && !known.some((name) => name.startsWith('darwin tcp '))
    ? ['TCP counters were not read: netstat -s shows them to root alone']
    : [];
}
