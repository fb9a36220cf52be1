import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { programName } from '../../../common/own-files.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { RUN_LABEL } from '../docker/client.ts';
import { sysctlsFor } from '../docker/docker.ts';
import { USUAL_NOFILE } from '../docker/engine-limits.ts';
import type { Candidates } from './nodes.ts';
import type { ServiceRole } from './service-role.ts';

/** What `docker stack` knows the services and networks of a stack by. */
const STACK_LABEL = 'com.docker.stack.namespace';

/** Nanoseconds, as the engine has its times: longer than a member takes to end what it has started. */
const GRACE_NS = 8e9;

/** The image's entry point, and by number its user (Dockerfile). */
const INIT = '/app/docker/init.sh';

/** Delays the link as root, then becomes the image's own user. By its path: the setpriv of busybox knows no users. */
const DELAY_FIRST = { module: 'lab/runtimes/swarm/delay-main.ts' };
const THEN_MEMBER = `exec /usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups -- ${INIT} "$@"`;

const MEMBER = { module: 'lab/runtimes/channel/member-main.ts' };

/** What stands in a stack. */
export interface StackPlan {
  /** Of the run. */
  label: string;
  settings: ResolvedSettings;
  /** Of robots; of gateways there are as many as the settings say. */
  sources: number;
  /** By its hash: of an image by name an engine would ask a registry first. */
  imageId: string;
  /** Ids of the two networks. */
  arena: string;
  control: string;
  /** Of arena. */
  subnet: string;
  /** host:port on the control network, and what members must know. */
  channel: string;
  token: string;
  only: Candidates['only'];
  /** More for the members' environment. */
  env: Readonly<Record<string, string>>;
}

/** The stack's name: a service's may have 63 characters and no dots (swarmkit manager/controlapi/common.go). */
export function stackOf(label: string): string {
  return `resetlab-${createHash('sha256').update(label).digest('hex').slice(0, 12)}`;
}

/** On everything of a stack. */
export function labelsOf(label: string): Record<string, string> {
  return { [STACK_LABEL]: stackOf(label), [RUN_LABEL]: label };
}

/** The one of them that tasks and containers have as well, to filter by. */
export function stackLabel(label: string): string {
  return `${STACK_LABEL}=${stackOf(label)}`;
}

/** A service of the stack, for the engine. Pure. */
export function serviceSpec(role: ServiceRole, plan: StackPlan): Docker.CreateServiceOptions {
  const { label, settings, sources, arena, control, only } = plan;
  const { values } = settings;
  return {
    Name: `${stackOf(label)}_${role}`,
    Labels: labelsOf(label),
    TaskTemplate: {
      ContainerSpec: containerSpec(role, plan),
      Resources: { Limits: role === 'gateway' ? limitsOf(settings) : {} },
      RestartPolicy: { Condition: 'none' },
      Placement: { Constraints: only[role] ? [`node.labels.resetlab==${role}`] : [] },
      Networks: [{ Target: arena }, { Target: control }],
      // Nobody reads them, and a node is not to keep what a killed lab has left.
      LogDriver: { Name: 'none' },
    },
    Mode: { Replicated: { Replicas: role === 'gateway' ? values.gateways : sources } },
    // A virtual address would be a queue in front of the gateway's.
    EndpointSpec: { Mode: 'dnsrr' },
  };
}

function containerSpec(role: ServiceRole, plan: StackPlan): Docker.ContainerSpec {
  const { label, settings, imageId, subnet, channel, token, env } = plan;
  const { link_delay_ms } = settings.values;
  const delays = role === 'gateway' && link_delay_ms > 0;
  const all = {
    ...env,
    CHANNEL: channel,
    CHANNEL_TOKEN: token,
    MEMBER: role,
    MEMBER_NUMBER: '{{.Task.Slot}}',
    MEMBER_NODE: '{{.Node.Hostname}}',
    ...(delays && { ARENA: subnet, LINK_DELAY_MS: String(link_delay_ms) }),
  };
  return {
    Image: imageId,
    Labels: { [STACK_LABEL]: stackOf(label) },
    ...(delays && {
      User: 'root',
      Command: ['/bin/sh', '-c', `node ${programName(DELAY_FIRST.module)} && ${THEN_MEMBER}`, 'sh'],
      CapabilityAdd: ['NET_ADMIN', 'SETUID', 'SETGID'],
    }),
    CapabilityDrop: ['ALL'],
    Args: ['node', programName(MEMBER.module)],
    Env: Object.entries(all).map(([name, value]) => `${name}=${value}`),
    Init: false,
    ReadOnly: true,
    StopGracePeriod: GRACE_NS,
    Sysctls: sysctlsFor(role, settings),
    Ulimits: nofileOf(role, settings),
  };
}

/** Room for the part, which is given its limit when it starts, and for the member and the observer beside it. */
function nofileOf(role: ServiceRole, { values }: ResolvedSettings): Docker.Ulimit[] {
  const limit = role === 'gateway' ? values.nofile : values.robots_nofile;
  if (limit === undefined) return [];
  const room = Math.max(limit, USUAL_NOFILE);
  return [{ Name: 'nofile', Soft: room, Hard: room }];
}

/** Of the gateway's container, which holds the member and the observer as well. */
function limitsOf({ values: { cpus, memory_mb, pids_max } }: ResolvedSettings) {
  return {
    ...(cpus > 0 && { NanoCPUs: Math.round(cpus * 1e9) }),
    ...(memory_mb > 0 && { MemoryBytes: memory_mb * 2 ** 20 }),
    ...(pids_max > 0 && { Pids: pids_max }),
  };
}
