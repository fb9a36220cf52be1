import type Docker from 'dockerode';
import { CannotRunError } from '../../../common/errors.ts';
import { SERVICES, type ServiceRole } from './service-role.ts';

/** A node of a swarm, as its engine tells (GET /nodes). */
export interface SwarmNode {
  ID: string;
  Description: { Hostname: string };
  Status: { State: string };
  Spec: { Availability: string; Labels?: Record<string, string> };
}

/** The label by which somebody keeps nodes for gateways, or for robots. */
const LABEL = 'resetlab';

export async function listNodes(docker: Docker): Promise<SwarmNode[]> {
  return docker.listNodes();
}

/** Does it take tasks? */
function isCandidate({ Status, Spec }: SwarmNode): boolean {
  return Status.State === 'ready' && Spec.Availability === 'active';
}

/** Where each service may go: to nodes with its name in their label `resetlab`, if some node has it, else to all that take tasks. */
export interface Candidates {
  /** Goes the service to nodes with the label alone? */
  only: Record<ServiceRole, boolean>;
  /** How many nodes it may go to. */
  count: Record<ServiceRole, number>;
}

/** Pure. Throws CannotRunError when there is no node for a service. */
export function candidatesOf(nodes: readonly SwarmNode[]): Candidates {
  const labelled = (role: ServiceRole) => nodes.filter(({ Spec }) => Spec.Labels?.[LABEL] === role);
  const found: Candidates = { only: { gateway: false, robots: false }, count: { gateway: 0, robots: 0 } };
  for (const role of SERVICES) {
    const own = labelled(role);
    const count = (own.length > 0 ? own : nodes).filter(isCandidate).length;
    if (count === 0)
      throw new CannotRunError(
        `swarm: no node${own.length > 0 ? ` with the label ${LABEL}=${role}` : ''} is ready and active; look at: docker node ls`,
      );
    found.only[role] = own.length > 0;
    found.count[role] = count;
  }
  return found;
}

/** Throws CannotRunError where the lab's own node takes nothing on: there stands the container that members connect to. Pure. */
export function refuseDrained(nodes: readonly SwarmNode[], own: string | undefined): void {
  const here = nodes.find(({ ID }) => ID === own);
  if (here?.Spec.Availability !== 'drain') return;
  const { Hostname } = here.Description;
  throw new CannotRunError(
    `swarm: the lab's own node ${Hostname} is drained, and holds the channel to all others; docker node update --availability active ${Hostname}`,
  );
}
