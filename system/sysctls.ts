import { readText } from './read.ts';

/**
 * Values of these sysctls of Linux, by the last part of their names, in the network namespace of the reading process: /proc/sys/net
 * shows the reader's own namespace, not that of a pid in the path (net/sysctl_net.c net_ctl_root.lookup). What this kernel does not
 * have is left out.
 */
export function readSysctls(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = readText(`/proc/sys/${name.replaceAll('.', '/')}`);
      return text === undefined
        ? []
        : [[name.slice(name.lastIndexOf('.') + 1), text.trim().replace(/\s+/g, ' ')]];
    }),
  );
}

/** The same for sysctls that are one number each. */
export function readSysctlNumbers(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(readSysctls(names)).map(([name, value]) => [name, Number(value)]));
}

/** The sysctls of macOS that bear on connecting. Not every release has all of them. */
export const DARWIN_SYSCTLS = [
  'kern.ipc.somaxconn',
  'kern.ipc.soqlimitcompat',
  'kern.ipc.soqlencomp',
  'kern.maxfiles',
  'kern.maxfilesperproc',
  'net.inet.tcp.syncookie',
  'net.inet.tcp.keepinit',
  'net.inet.tcp.msl',
  'net.inet.tcp.blackhole',
  'net.inet.tcp.disable_access_to_stats',
  'net.inet.ip.portrange.first',
  'net.inet.ip.portrange.last',
] as const;

/**
 * What `sysctl a b` prints: a line `a: value` each, or `a = value` on Linux. What it does not know it names on stderr, so that it is
 * left out here.
 */
export function parseSysctls(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^([a-z0-9_]+(?:\.[a-z0-9_]+)+)\s*[:=]\s*(\S.*?)\s*$/.exec(line) ?? [];
      return name && value ? [[name, value]] : [];
    }),
  );
}
