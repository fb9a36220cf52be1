import { shellWord } from '../../common/shell-word.ts';
import type { EvidenceItem } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import type { OutsideVerdict } from '../verdict/judge-server.ts';

/** An item with the command by which the figure can be read without us. */
export type CheckedItem = EvidenceItem & { byHand?: string };
export type CheckedVerdict = Omit<OutsideVerdict, 'for' | 'against'> & {
  for: CheckedItem[];
  against: CheckedItem[];
};

/** What the commands are about. */
export interface Subject {
  place: Place;
  port: number;
  /** The watched process in its own pid namespace. */
  pid?: number;
  before: NonNullable<Evidence['observer']['before']>;
}

/**
 * Puts to each item the command that shows the same figure. Counters are shown as the command shows them, since boot; the rest of
 * an item says by how much they grew.
 */
export function withCommands(verdicts: readonly OutsideVerdict[], subject: Subject): CheckedVerdict[] {
  const checked = (item: EvidenceItem): CheckedItem => {
    const byHand = commandFor(item, subject);
    return { ...sinceBoot(item, subject), ...(byHand ? { byHand } : {}) };
  };
  return verdicts.map((verdict) => ({
    ...verdict,
    for: verdict.for.map(checked),
    against: verdict.against.map(checked),
  }));
}

const COUNTER = /^(TcpExt|Tcp|IpExt|Ip|Udp) (\w+)$/;

function sinceBoot(item: EvidenceItem, { before }: Subject): EvidenceItem {
  const base = COUNTER.test(item.name) ? before.counters[item.name] : undefined;
  if (base === undefined || item.before !== 0 || typeof item.after !== 'number') return item;
  return { ...item, before: base, after: base + item.after };
}

/** The command for one item; undefined for what robots of ours counted, or what nobody could read. */
export function commandFor({ source, name, after }: EvidenceItem, subject: Subject): string | undefined {
  const { place, port, pid } = subject;
  const counter = COUNTER.exec(name);
  if (counter) return `${place.prefix}nstat -az ${counter[1]}${counter[2]}`;
  if (name.startsWith('TcpExt ListenDrops'))
    return `${place.prefix}nstat -az TcpExtListenDrops TcpExtListenOverflows`;
  if (name.startsWith('accept queue')) return `${place.prefix}ss -ltn 'sport = :${port}'`;
  if (name === 'connections') return `${place.prefix}ss -tnH state established 'sport = :${port}' | wc -l`;
  if (source.startsWith('/proc/<pid>/net/'))
    return `${place.prefix}cat /proc/net/${source.slice('/proc/<pid>/net/'.length)}`;
  if (source.startsWith('/proc/sys/net/'))
    return `${place.prefix}sysctl ${source.slice('/proc/sys/'.length).replaceAll('/', '.')}.${name}`;
  if (source.startsWith('cgroup') && after === null) return undefined;
  if (source.startsWith('cgroup'))
    return place.container
      ? `docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' ${place.container.name}`
      : pid === undefined
        ? undefined
        : oomKillsOf(pid);
  if (pid === undefined) return undefined;
  if (source.startsWith('/proc/<pid>/fd')) return inside(place, `ls /proc/${pid}/fd | wc -l`);
  if (source.startsWith('/proc/<pid>/'))
    return inside(place, `cat /proc/${pid}/${source.slice('/proc/<pid>/'.length)}`);
  if (source === 'process')
    return place.container
      ? `docker inspect -f '{{json .State}}' ${place.container.name}`
      : `ps -o pid,stat,etime,args -p ${pid}`;
  return undefined;
}

/** In either version of cgroups: /proc/PID/cgroup says which folder (cgroups(7)). */
function oomKillsOf(pid: number): string {
  const folder = (expression: string) => `$(sed -n 's/^${expression}://p' /proc/${pid}/cgroup)`;
  const files = `/sys/fs/cgroup${folder('0:')}/memory.events /sys/fs/cgroup/memory${folder('[0-9]*:memory')}/memory.oom_control`;
  return `cat ${files} 2>/dev/null | grep oom_kill`;
}

/** In the container itself where it has a shell: its pids are not those of the host. */
function inside({ container }: Place, command: string): string {
  return container ? `docker exec ${container.name} sh -c ${shellWord(command)}` : command;
}
