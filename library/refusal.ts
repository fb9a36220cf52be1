import type Docker from 'dockerode';
import { messageOf, UsageError } from '../common/errors.ts';

/** What the engine said to a container, as one line that names the setting, when it was about one. */
export function engineRefusal(error: unknown, asked: Docker.HostConfig): unknown {
  const text = messageOf(error).replace(/\s+/g, ' ');
  const refuses = (what: string) =>
    new UsageError(`${what}: this engine or kernel refuses it (${text.slice(0, 200)})`);
  for (const [name, value] of Object.entries(asked.Sysctls ?? {}))
    if (text.includes(name) || text.includes(name.replaceAll('.', '/'))) return refuses(`${name}=${value}`);
  const nofile = asked.Ulimits?.find(({ Name }) => Name === 'nofile')?.Hard;
  // runc names the resource by its number: RLIMIT_NOFILE is 7 (include/uapi/asm-generic/resource.h).
  if (nofile !== undefined && /rlimit.*\b7\b|rlimit_nofile|nofile/i.test(text))
    return refuses(`nofile=${nofile}`);
  if (asked.NanoCpus && /\bCPUs?\b/.test(text)) return refuses(`cpus=${asked.NanoCpus / 1e9}`);
  if (asked.Memory && /\bmemory\b/i.test(text)) return refuses(`memory=${asked.Memory / 1024 ** 2} MiB`);
  return error;
}
