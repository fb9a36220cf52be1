import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { readText } from '../../system/read.ts';

/** A process whose log is searched. */
interface Process {
  pid: number;
  name: string;
}

/**
 * Where the log of a server is likely to be, the likeliest first: paths, and commands that show it. Empty where nothing could be seen: an
 * ordinary user cannot read another user's descriptors.
 * @param processes of the server, by their pids in this pid namespace
 * @param container in which it is, by its name; its processes have other pids there
 */
export function logPlaces(processes: readonly Process[], container?: string): string[] {
  if (container !== undefined) return [`docker logs ${container}`];
  const places = processes.flatMap((one) => [...streamsOf(one.pid), ...logFilesOf(one.pid)]);
  const found = places.length > 0 ? places : processes.flatMap(({ name }) => usualOf(name));
  return [...new Set(found)];
}

/** Where its stderr and stdout go. */
function streamsOf(pid: number): string[] {
  return [2, 1].flatMap((fd) => {
    const to = linkOf(pid, String(fd));
    if (to === undefined || to === '/dev/null') return [];
    if (/^\/dev\/(pts\/|tty|console)/.test(to)) return [`its terminal, ${to}`];
    if (to.startsWith('/')) return [to];
    return containerLog(pid) ?? journalOf(pid, to) ?? readerOf(pid, to);
  });
}

/** Files that it has open to write in, and that look like logs by their names. */
function logFilesOf(pid: number): string[] {
  return descriptorsOf(pid).flatMap((fd) => {
    const to = linkOf(pid, fd) ?? '';
    return to.startsWith('/') && /\.log$|\/logs?\//.test(to) && writes(pid, fd) ? [to] : [];
  });
}

/** By its fdinfo: `flags` are those of open(2), in octal; the last two bits are O_WRONLY and O_RDWR (proc_pid_fdinfo(5)). */
function writes(pid: number, fd: string): boolean {
  const flags = /^flags:\s+([0-7]+)/m.exec(readText(`/proc/${pid}/fdinfo/${fd}`) ?? '')?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & 0o3) !== 0;
}

/** The journal, where systemd made the socket: JOURNAL_STREAM has its inode (systemd.exec(5)). */
function journalOf(pid: number, to: string): string[] | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(to)?.[1];
  const stream = /(?:^|\0)JOURNAL_STREAM=\d+:(\d+)/.exec(readText(`/proc/${pid}/environ`) ?? '')?.[1];
  if (inode === undefined || inode !== stream) return undefined;
  const unit = /\/([^/\n]+\.service)(?:\/|$)/m.exec(readText(`/proc/${pid}/cgroup`) ?? '')?.[1];
  return [unit === undefined ? `journalctl _PID=${pid}` : `journalctl -u ${unit}`];
}

/** An engine names the cgroup of a container after its id. */
function containerLog(pid: number): string[] | undefined {
  const [, engine = '', id] =
    /(docker|libpod|cri-containerd|crio)[/-]([0-9a-f]{12})[0-9a-f]{52}/.exec(
      readText(`/proc/${pid}/cgroup`) ?? '',
    ) ?? [];
  const command = { docker: 'docker', libpod: 'podman' }[engine] ?? 'crictl';
  return id === undefined ? undefined : [`${command} logs ${id}`];
}

/** The parent, where the other end of the pipe is the parent's. */
function readerOf(pid: number, to: string): string[] {
  const [, parent] = /^PPid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`) ?? '') ?? [];
  const reader = Number(parent);
  if (!to.startsWith('pipe:') || !(reader > 0)) return [];
  if (!descriptorsOf(reader).some((fd) => linkOf(reader, fd) === to)) return [];
  return [
    `wherever ${readText(`/proc/${reader}/comm`)?.trim()} (pid ${reader}), which started it, writes its output`,
  ];
}

/** Where Debian's packages put their logs. */
function usualOf(name: string): string[] {
  if (!/^[\w.-]+$/.test(name)) return [];
  return [`/var/log/${name}`, `/var/log/${name}.log`].filter(existsSync).map(withSlash);
}

function withSlash(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? `${path}/` : path;
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
}

function linkOf(pid: number, fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return undefined;
  }
}
