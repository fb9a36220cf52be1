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
