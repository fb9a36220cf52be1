import { defined } from '../common/defined.ts';

/** In force at the server, by kernel name: `nofile` of its process, sysctls of its network namespace. */
export type Settings = Record<string, string | number>;

interface Seen {
  nofile: number | undefined;
  sysctls: Record<string, string>;
}

export function settingsOf({ nofile, sysctls }: Seen): Settings {
  const values = Object.entries(sysctls).map(([name, text]) => [
    name,
    /^\d+$/.test(text) ? Number(text) : text,
  ]);
  return defined({ nofile, ...Object.fromEntries(values) });
}
