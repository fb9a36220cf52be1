import { parseLaunchctlLimit, parseVersion } from '../../system/darwin/machine.ts';
import { parseInterfaceTcp, parseTcpStatistics } from '../../system/darwin/netstat-statistics.ts';
import { parseInterfaces, parseListenQueue } from '../../system/darwin/netstat-tables.ts';
import { parseDescriptors, parsePs } from '../../system/darwin/process-listings.ts';
import { DARWIN_SYSCTLS, parseSysctls } from '../../system/sysctls.ts';

/** What a command of macOS printed, and whether we can read it. */
export interface Looked {
  command: string;
  /** `read`, `empty`, `zeros` (as for whoever is not root), `not known` to our parser, or `no such command`. */
  format: 'read' | 'empty' | 'zeros' | 'not known' | 'no such command';
  text: string | null;
}

/** Runs a command line; undefined: it cannot be run. */
export type Shell = (argv: readonly string[]) => Promise<string | undefined>;

/** A command, and whether its parser found what it looks for. */
interface Look {
  argv: string[];
  reads(text: string): boolean;
}

/** What is asked of a Mac whose listener has this port and this process. */
export function looksAt({ port, pid }: { port: number; pid: number }): Look[] {
  return [
    { argv: ['sw_vers'], reads: (text) => Object.keys(parseVersion(text)).length > 0 },
    { argv: ['sysctl', ...DARWIN_SYSCTLS], reads: (text) => Object.keys(parseSysctls(text)).length > 0 },
    { argv: ['launchctl', 'limit', 'maxfiles'], reads: (text) => parseLaunchctlLimit(text) !== undefined },
    { argv: ['netstat', '-L', '-a', '-n'], reads: (text) => parseListenQueue(text, port) !== undefined },
    STATISTICS,
    {
      argv: ['netstat', '-I', 'lo0', '-s', '-p', 'tcp'],
      reads: (text) => parseInterfaceTcp(text) !== undefined,
    },
    { argv: ['netstat', '-i', '-d', '-n'], reads: (text) => parseInterfaces(text) !== undefined },
    { argv: ['lsof', '-nP', '-p', String(pid)], reads: (text) => parseDescriptors(text) !== undefined },
    {
      argv: ['ps', '-o', 'state=,time=,rss=,uid=', '-p', String(pid)],
      reads: (text) => parsePs(text) !== undefined,
    },
  ];
}

/** `netstat -s -p tcp`: all of it is 0 for whoever is not root. */
export const STATISTICS: Look = {
  argv: ['netstat', '-s', '-p', 'tcp'],
  reads: (text) => parseTcpStatistics(text) !== undefined,
};

/** Runs one and tells what came of it. */
export async function look({ argv, reads }: Look, shell: Shell): Promise<Looked> {
  const text = await shell(argv);
  return {
    command: argv.join(' '),
    format: formatOf(text, reads, argv === STATISTICS.argv),
    text: text ?? null,
  };
}

function formatOf(text: string | undefined, reads: Look['reads'], statistics: boolean): Looked['format'] {
  if (text === undefined) return 'no such command';
  if (text.trim() === '') return 'empty';
  if (reads(text)) return 'read';
  const figures = text.match(/\b\d+\b/g) ?? [];
  return statistics && figures.every((figure) => Number(figure) === 0) ? 'zeros' : 'not known';
}
