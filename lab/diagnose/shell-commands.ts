import { defined } from '../../common/defined.ts';
import { shellWord } from '../../common/shell-word.ts';
import type { Item } from '../causes/shared/cause.ts';
import type { EvidenceItem, Verdict } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import type { OutsideVerdict } from '../verdict/judge-server.ts';

/** An item with the command by which the figure can be read without us. */
export type CheckedItem = EvidenceItem & { byHand?: string };
export type CheckedVerdict = Omit<Verdict<CheckedItem>, 'share'> & { share?: number };

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
  const checked = (one: Item): CheckedItem => {
    const { read: _, ...item } = sinceBoot(one, subject);
    return { ...item, ...defined({ byHand: commandFor(one, subject) }) };
  };
  return verdicts.map((verdict) => ({
    ...verdict,
    for: verdict.for.map(checked),
    against: verdict.against.map(checked),
  }));
}

function sinceBoot(item: Item, { before: { counters } }: Subject): Item {
  const { read, before, after } = item;
  const base = typeof read === 'object' && 'counter' in read ? counters[read.counter] : undefined;
  if (base === undefined || before !== 0 || typeof after !== 'number') return item;
  return { ...item, before: base, after: base + after };
}

/** The command for one item; undefined for what robots of ours counted, or what nobody could read. */
export function commandFor(
  { read, after }: Pick<Item, 'read' | 'after'>,
  subject: Subject,
): string | undefined {
  const { place, port, pid } = subject;
  const { prefix, container } = place;
  if (typeof read === 'object')
    return 'sysctl' in read
      ? `${prefix}sysctl ${read.sysctl}`
      : `${prefix}nstat -az ${read.counter.replace(' ', '')}`;
  switch (read) {
    case 'drops beyond overflows':
      return `${prefix}nstat -az TcpExtListenDrops TcpExtListenOverflows`;
    case 'accept queue':
      return `${prefix}ss -ltn 'sport = :${port}'`;
    case 'connections':
      return `${prefix}ss -tnH state established 'sport = :${port}' | wc -l`;
    case 'connections left':
      return `${prefix}ss -tnH state close-wait 'sport = :${port}' | wc -l`;
    case 'upstream sockets':
      return `${prefix}ss -tanH | awk '{print $5}' | sort | uniq -c | sort -n | tail`;
    case 'upstream queue':
      return `${prefix}ss -lxtn`;
    case 'ledger':
    case 'ledger with tracefs':
      return `${prefix}ss -E -Htni 'sport = :${port}'`;
    case 'listeners':
      return `${prefix}cat /proc/net/tcp`;
    case 'filter rules':
      return `${prefix}nft -a list ruleset`;
    case 'other ends':
      return `${prefix}ss -tnH state established 'sport = :${port}'`;
    case "clients' sockets":
      return `ss -tnHo state syn-sent 'dport = :${port}'`;
    case 'packets to the namespace':
      return `${prefix}nstat -az IpInReceives IpInDelivers`;
    case 'connection tracking':
      return `${prefix}cat /proc/net/stat/nf_conntrack`;
    case 'open files':
      return 'cat /proc/sys/fs/file-nr';
    case 'interfaces':
      return `${prefix}cat /proc/net/dev`;
    case 'OOM kills':
      if (after === null) return undefined;
      if (container) return `docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' ${container.name}`;
      return pid === undefined ? undefined : oomKillsOf(pid);
  }
  if (pid === undefined) return undefined;
  switch (read) {
    case 'descriptors':
    case 'descriptors and robots':
      return inside(place, `ls /proc/${pid}/fd | wc -l`);
    case 'stat':
    case 'schedstat':
      return inside(place, `cat /proc/${pid}/${read}`);
    case 'process':
      return container
        ? `docker inspect -f '{{json .State}}' ${container.name}`
        : `ps -o pid,stat,etime,args -p ${pid}`;
  }
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
