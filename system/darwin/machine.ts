import { limitOf, type Nofile } from '../descriptors.ts';

/** `launchctl limit maxfiles`: `maxfiles    256            unlimited`. Undefined for other text. */
export function parseLaunchctlLimit(text: string): Nofile | undefined {
  const [, soft, hard] = /^\s*maxfiles\s+(\d{1,15}|unlimited)\s+(\d{1,15}|unlimited)\s*$/m.exec(text) ?? [];
  return soft && hard ? { soft: limitOf(soft), hard: limitOf(hard) } : undefined;
}

/** `ulimit -n`: one figure, or `unlimited`. Undefined for other text. */
export function parseUlimit(text: string): number | undefined {
  const word = text.trim();
  return /^(\d{1,15}|unlimited)$/.test(word) ? limitOf(word) : undefined;
}

/** What `sw_vers` says. */
export interface Version {
  product?: string;
  version?: string;
  build?: string;
}

const KEYS: Record<string, keyof Version> = {
  ProductName: 'product',
  ProductVersion: 'version',
  BuildVersion: 'build',
};

/** `ProductVersion:		15.5` and the like; what it does not say is absent. */
export function parseVersion(text: string): Version {
  const version: Version = {};
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\w+):\s*(\S.*?)\s*$/.exec(line) ?? [];
    if (Object.hasOwn(KEYS, name)) version[KEYS[name] as keyof Version] = value;
  }
  return version;
}
