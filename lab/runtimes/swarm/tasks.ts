import { CannotRunError } from '../../../common/errors.ts';
import { refused } from '../../settings/refused.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { refusedSysctl } from '../docker/docker.ts';
import type { SwarmNode } from './nodes.ts';
import type { ServiceRole } from './service-role.ts';

/** A task of a service, as its engine tells (GET /tasks). */
export interface SwarmTask {
  ServiceID: string;
  Slot?: number;
  NodeID?: string;
  Status: { State: string; Err?: string };
}

/** What tasks are to be read with. */
export interface Reading {
  nodes: readonly SwarmNode[];
  roleOf(serviceId: string): ServiceRole | undefined;
  settings: ResolvedSettings;
  /** Its name, of which tasks tell the hash. */
  image: string;
}

/** States from which a task comes back no more (swarmkit api/types.proto TaskState). */
const OVER = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

export const isOver = ({ Status }: SwarmTask): boolean => OVER.has(Status.State);

/**
 * Why a member will not come; undefined: all may yet. Pure. A UsageError names the setting that a node refuses, a CannotRunError says what the
 * node lacks, or what the swarm says.
 */
export function failureOf(tasks: readonly SwarmTask[], reading: Reading): Error | undefined {
  for (const task of tasks) {
    const failed = failureOfTask(task, reading);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

function failureOfTask(task: SwarmTask, { image, settings, ...reading }: Reading): Error | undefined {
  const { State, Err = '' } = task.Status;
  // Of one that waits for a node the swarm says why it has none.
  if (!isOver(task) && !(State === 'pending' && Err !== '')) return undefined;
  const why = Err.replace(/\s+/g, ' ').trim();
  const node = nodeOf(task, reading.nodes);
  const role = reading.roleOf(task.ServiceID);
  if (/no such image/i.test(why))
    return new CannotRunError(
      `swarm: the node ${node} has no image ${image}; get it there with: docker save ${image} | ssh ${node} docker load`,
    );
  const who = `the engine or kernel of ${node}`;
  const sysctl = refusedSysctl(why, settings, who);
  if (sysctl !== undefined) return sysctl;
  if (/rlimit/i.test(why))
    return refused(settings, role === 'robots' ? 'robots_nofile' : 'nofile', `${who} refuses it`);
  return new CannotRunError(`swarm: ${nameOf(task, reading)}: ${why || `its task is ${State}`}`);
}

/** What those do that are not there yet; undefined: all run. Pure. */
export function stateOf(
  tasks: readonly SwarmTask[],
  reading: Pick<Reading, 'nodes' | 'roleOf'>,
): string | undefined {
  const waiting = tasks.filter(({ Status }) => Status.State !== 'running');
  if (waiting.length === 0) return undefined;
  return waiting.map((task) => `${nameOf(task, reading)} is ${task.Status.State}`).join(', ');
}

function nameOf(task: SwarmTask, { nodes, roleOf }: Pick<Reading, 'nodes' | 'roleOf'>): string {
  const on = task.NodeID ? ` on ${nodeOf(task, nodes)}` : '';
  return `${roleOf(task.ServiceID) ?? 'a task'}.${task.Slot ?? 1}${on}`;
}

function nodeOf({ NodeID }: SwarmTask, nodes: readonly SwarmNode[]): string {
  return nodes.find(({ ID }) => ID === NodeID)?.Description.Hostname ?? NodeID ?? '';
}
