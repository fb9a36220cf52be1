/** The sysctls that bear on connecting. Not every release has all of them. */
export const SYSCTLS = [
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

/** `sysctl a b`: a line `a: value` each. What it does not know it names on stderr, so that it is left out here. */
export function parseSysctls(text: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (const line of text.split('\n')) {
    const match = /^([a-z0-9_]+(?:\.[a-z0-9_]+)+)\s*[:=]\s*(\S.*?)\s*$/.exec(line);
    if (match) values[match[1] as string] = match[2] as string;
  }
  return { ...values };
}
