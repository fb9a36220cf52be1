import { parseLaunchctlLimit, parseUlimit } from '../../../system/darwin/launchctl.ts';
import { parseDescriptors } from '../../../system/darwin/lsof.ts';
import { parseSysctls } from '../../../system/darwin/sysctls.ts';
import type { Usage } from '../descriptors.ts';
import { type Command, type Look, textsOf, type Watched } from '../step.ts';

export const PER_PROCESS = 'sysctl kern.maxfilesperproc kern.maxfiles kern.num_files';
const LAUNCHD = 'launchctl limit maxfiles';
const OWN = 'ulimit -n';

/** What bounds the descriptors of a process there: macOS shows the limit of another process to nobody. */
export const LIMIT_COMMANDS: readonly Command[] = [
  {
    line: PER_PROCESS,
    columns: [
      'kern.maxfilesperproc: the most of any process, whatever its ulimit says',
      'kern.num_files of kern.maxfiles: open files of the whole machine',
    ],
  },
  { line: LAUNCHD, columns: ['first figure: the soft limit of what launchd starts; second: the hard limit'] },
  { line: OWN, columns: ['the soft limit of this shell, and of what is started from one like it'] },
];

/** The command that lists a process's descriptors. */
export function listCommand({ pid }: Watched): Command {
  return {
    line: `lsof -nP -p ${pid}`,
    peak: (text) => text.split('\n').length,
    columns: [
      'FD: a number is a descriptor, with how it is open (12u); cwd and txt are none',
      'TYPE: IPv4 and IPv6 are sockets',
    ],
  };
}

/**
 * Descriptors in use by the limit that they speak for: that which the process was said to have, else the one of the known limits that is all used
 * up, else the lowest that its numbers leave possible. Undefined when the process could not be read.
 */
export function usageOf(looks: readonly Look[], watched: Watched): Usage | undefined {
  const lists = textsOf(looks, listCommand(watched).line).flatMap((text) => {
    const numbers = parseDescriptors(text);
    return numbers === undefined || numbers.length === 0 ? [] : [numbers];
  });
  if (lists.length === 0) return undefined;
  const highest = Math.max(...lists.map((numbers) => numbers.at(-1) as number));
  const bounds = watched.nofile === undefined ? knownLimits(looks) : [[watched.nofile, ''] as const];
  // A number at the limit or above shows that the limit is another one.
  const [limit, from] = bounds.find(([value]) => value > highest) ??
    bounds.at(-1) ?? [Number.POSITIVE_INFINITY, ''];
  const used = Math.max(...lists.map((numbers) => numbers.filter((number) => number < limit).length));
  return {
    used,
    limit,
    ...(from === '' ? {} : { limitFrom: `${from}; its own limit is shown to nobody else` }),
  };
}

/** Lowest first. */
function knownLimits(looks: readonly Look[]): (readonly [number, string])[] {
  const last = (line: string) => textsOf(looks, line).at(-1) ?? '';
  const perProcess = Number(parseSysctls(last(PER_PROCESS))['kern.maxfilesperproc'] ?? Number.NaN);
  const all: [number | undefined, string][] = [
    [parseUlimit(last(OWN)), `by \`${OWN}\` of this shell`],
    [parseLaunchctlLimit(last(LAUNCHD))?.soft, `by \`${LAUNCHD}\``],
    [perProcess, 'by kern.maxfilesperproc'],
  ];
  return all
    .filter((one): one is [number, string] => one[0] !== undefined && Number.isFinite(one[0]))
    .sort(([a], [b]) => a - b);
}
