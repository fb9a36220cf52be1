import { parseLaunchctlLimit, parseVersion } from '../../../system/darwin/machine.ts';
import {
  INTERFACE_TCP_LINES,
  readStatistics,
  type StatisticsLine,
  TCP_LINES,
} from '../../../system/darwin/netstat-statistics.ts';
import { parseInterfaces, parseListenQueue } from '../../../system/darwin/netstat-tables.ts';
import { parseDescriptors, parsePs } from '../../../system/darwin/process-listings.ts';
import { parseSysctls } from '../../../system/sysctls.ts';

/** Counters that not every release prints. */
const MAY_BE_MISSING = /cookie/;

/** What each command's parser does not know in its text, one line each. */
const CHECKS: [start: string, check: (text: string) => string[]][] = [
  ['netstat -s -p tcp', (text) => missing(text, TCP_LINES)],
  [
    'netstat -I lo0 -s -p tcp',
    (text) => [...(/^tcp on lo0/m.test(text) ? [] : ['no heading']), ...missing(text, INTERFACE_TCP_LINES)],
  ],
  ['netstat -i ', interfaces],
  ['netstat -L ', listenQueues],
  ['ps ', (text) => (text.trim() === '' || parsePs(text) ? [] : [text])],
  ['lsof ', descriptors],
  ['sysctl ', (text) => lines(text).filter((line) => Object.keys(parseSysctls(line)).length === 0)],
  ['launchctl ', (text) => (parseLaunchctlLimit(text) ? [] : lines(text))],
  ['sw_vers', (text) => lines(text).filter((line) => Object.keys(parseVersion(line)).length === 0)],
];

/** Lines of a command's output that its parser should have read and did not, and figures that should be there and are not. */
export function unread(command: string, text: string): string[] {
  const check = CHECKS.find(([start]) => command.startsWith(start))?.[1];
  return check ? check(text) : [`nobody reads ${command}`];
}

const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

function missing(text: string, formats: readonly StatisticsLine[]): string[] {
  const known = readStatistics(text, formats);
  return formats
    .filter(({ format, names }) => !MAY_BE_MISSING.test(format) && names.some((name) => !(name in known)))
    .map(({ format }) => `no line ${format}`);
}

function interfaces(text: string): string[] {
  const heading = lines(text).find((line) => line.trim().startsWith('Name')) ?? '';
  const links = lines(text).filter((line) => /<Link#/.test(line));
  if (links.length === 0) return ['no row of a link'];
  return links.filter((row) => Object.keys(parseInterfaces(`${heading}\n${row}`) ?? {}).length === 0);
}

/** Below the heading each row is a listener, of a port or of a path. */
function listenQueues(text: string): string[] {
  const [about = '', titles = '', ...rows] = lines(text);
  const wrong = [
    ...(/qlen\/incqlen\/maxqlen/.test(about) ? [] : [about]),
    ...(/Listen\s+Local Address/.test(titles) ? [] : [titles]),
  ];
  return [
    ...wrong,
    ...rows.filter((row) => {
      const port = Number(/\.(\d{1,5})\s*$/.exec(row)?.[1]);
      return Number.isInteger(port) && parseListenQueue(row, port) === undefined;
    }),
  ];
}

function descriptors(text: string): string[] {
  if (text.trim() === '') return [];
  const [heading = '', ...rows] = lines(text);
  if (parseDescriptors(heading) === undefined) return [heading];
  const column = heading.trim().split(/\s+/).indexOf('FD');
  // A name with spaces before it moves the column to the right.
  return rows.filter(
    (row) =>
      !row
        .trim()
        .split(/\s+/)
        .slice(column)
        .some((word) => DESCRIPTOR.test(word)),
  );
}

/** A number with its mode and lock, or a word for what is open without one (lsof(8), FD). */
const DESCRIPTOR = /^(?:\d{1,9}[rwu]?[a-zA-Z]?|cwd|rtd|txt|mem|fp\.|ctty|NOFD|DEL|ERR|[a-z]{3}\d*)$/;
