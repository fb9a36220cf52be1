import type { EvidenceItem } from '../causes/shared/verdict-types.ts';
import type { Facts } from '../facts/facts.ts';

/** Where a Mac shows what Linux has in /proc: see lab/evidence/darwin. */
const ON_DARWIN: Record<string, string> = {
  '/proc/<pid>/fd': 'lsof -nP -p <pid>',
  '/proc/<pid>/stat': 'ps -p <pid>',
  '/proc/<pid>/schedstat': 'ps -p <pid>',
  '/proc/<pid>/net/tcp': 'netstat -L -a -n',
  '/proc/<pid>/net/dev': 'netstat -i -d -n',
  '/proc/<pid>/net/snmp': 'netstat -s -p tcp',
  '/proc/<pid>/net/netstat': 'netstat -s -p tcp',
};

/** The items with the source that this run's evidence had: a cause names that of Linux. */
export function withSources(items: readonly EvidenceItem[], { darwin }: Facts): EvidenceItem[] {
  if (darwin === undefined) return [...items];
  return items.map((one) => {
    const path = /^\S+/.exec(one.source)?.[0] ?? '';
    const known = ON_DARWIN[path];
    return known === undefined ? one : { ...one, source: known + one.source.slice(path.length) };
  });
}
