import { groupOutcomes, SLOW_CONNECT_MS } from '../facts/user-groups.ts';
import type { ModelInput } from '../laws/queue-model/model-input.ts';
import type { Fate } from '../laws/queue-model/output.ts';
import { simulate } from '../laws/queue-model/simulate.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { type Pace, variantsOf } from './assumptions.ts';
import { type Column, MEANING, type System } from './comparison-document.ts';
import { figureText, spread } from './number-or-range.ts';
import { type Seen, together } from './outcome-summary.ts';
import { leftOut, modelCase } from './predicted-input.ts';

const FROM: Record<System, string> = {
  linux: 'model of the listen queue, dialect linux',
  macos:
    'model of the listen queue, dialect darwin: by the source of XNU (macOS 15.5), its rules held to what XNU’s own TCP code did in user space (xnu-7195.141.2), not run on macOS',
};

/** The cause that has the users of each fate. */
const CAUSE: Partial<Record<Fate, string>> = {
  evicted: 'listen-backlog',
  'cookie-refused': 'listen-backlog',
  aborted: 'accept-queue-reset',
  forgotten: 'late-reset',
  'no-descriptor': 'fd-exhaustion',
  'gave-up': 'accept-queue-drop',
  'kernel-gave-up': 'accept-queue-drop',
  hanging: 'accept-queue-drop',
};

/**
 * What the model says of a system at these settings: ranges over all that nobody has measured. Pure: the same settings and pace give
 * the same column.
 *
 * @param synsAtOnce that the loopback's thread of macOS finds, where a Mac has told
 */
export function predictedColumn(
  name: string,
  os: System,
  asked: ResolvedSettings,
  pace: Pace,
  synsAtOnce?: number,
): Column {
  const { input, settings, ports } = modelCase(os, asked, pace);
  const { inputs, beside, notes } = variantsOf(os, input, pace, synsAtOnce);
  const { users: all } = asked.values;
  const portless = Math.max(0, all - ports);
  const { users, ...figures } = together(inputs.map((one) => seenOf(one, os, portless)));
  const opened = beside.map(({ what, inputs }) => {
    const open = spread(inputs.map((one) => seenOf(one, os, portless).open)) ?? 0;
    return `${what}: ${figureText(open)}`;
  });
  return {
    name,
    os,
    source: 'predicted',
    from: `${FROM[os]}, seed ${asked.values.seed}`,
    settings,
    users: { asked: all, ...users },
    ...figures,
    notes: [
      ...notes,
      ...(typeof users.open === 'object' && opened.length > 0 ? [`users open: ${opened.join('; ')}`] : []),
      ...leftOut(os, asked),
      ...(portless > 0 ? [`${ports} local ports, and no user gives one back in time`] : []),
      ...(os === 'macos' && asked.values.nofile > 10_240
        ? ['kern.maxfilesperproc allows so many: 10240 on a small Mac']
        : []),
    ],
    path: null,
  };
}

function seenOf(input: ModelInput, os: System, portless: number): Seen {
  const { users, counters } = simulate(input);
  // In the words of the robots' own line: whom nothing will ever happen to ends with the load.
  const by = groupOutcomes(
    users.map((user) => ({ ...user, outcome: user.outcome === 'hanging' ? 'other' : user.outcome })),
  );
  const open = users.filter(({ outcome }) => outcome === 'open').length;
  const causes: Record<string, number> = {};
  for (const { fate } of users) {
    const cause = CAUSE[fate];
    if (cause !== undefined) causes[cause] = (causes[cause] ?? 0) + 1;
  }
  if (portless > 0) {
    by.push({ outcome: 'no-port', stage: 'connect', errno: 'EADDRNOTAVAIL', count: portless });
    causes['ephemeral-ports'] = portless;
  }
  return {
    by,
    open,
    failed: users.length - open + portless,
    causes,
    times: users,
    waited: users.filter(({ connectedMs = 0 }) => connectedMs >= SLOW_CONNECT_MS).length,
    // One that is absent is 0.
    counters: Object.fromEntries(Object.keys(MEANING[os]).map((name) => [name, counters[name] ?? 0])),
  };
}
