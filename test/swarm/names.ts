import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLabel } from '../../lab/runtimes/label.ts';

/** The machines of a rig, each by the hostname that it has. */
export const MACHINES = ['node1', 'node2'] as const;
export type MachineName = (typeof MACHINES)[number];

/** Folder of a rig: what its engines keep, and their sockets. It is made first and removed last, so that it tells what else there may be. */
export function folderOf(label: string): string {
  return join(tmpdir(), `${label}.swarm`);
}

/** The label in the name of such a folder; undefined when it is none. */
export function labelIn(name: string): string | undefined {
  const label = name.endsWith('.swarm') ? name.slice(0, -'.swarm'.length) : undefined;
  return label !== undefined && parseLabel(label) ? label : undefined;
}

/** The network namespace of a machine, as ip-netns(8) knows it. */
export function namespaceOf(label: string, machine: MachineName): string {
  return `${label}-${machine}`;
}

/** Where ip-netns(8) keeps it. */
export function pathOf(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** The container, never started, for which this machine's engine keeps an image whose layers the rig's engines have as well. */
export function keeperOf(label: string): string {
  return `${label}-layers`;
}
