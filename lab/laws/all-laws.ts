import { darwinQueueCapacity } from '../../system/darwin/queue-limit.ts';
import { ACCEPT_QUEUE_LAW, acceptQueueCapacity, DARWIN_QUEUE_LAW } from './accept-queue-law.ts';
import { DESCRIPTOR_LAW, descriptorThreshold } from './descriptor-law.ts';
import type { Law, LawInput } from './law.ts';
import { PORTS_LAW, portThreshold } from './port-law.ts';

/** A queue that holds everybody and patience for a busy machine: what is looked for is a number, never a time. */
const UNHURRIED = { rounds: 0, backlog: 16_384, somaxconn: 16_384, connect_timeout_ms: 60_000 } as const;

/** Above what the number of users can reach on most machines, so that descriptors are not what ends it. */
const MANY_FILES = { nofile: 20_000 } as const;

/** The queue has to be full before anybody leaves it, and whom it held has to be served in the end. */
const NOBODY_ACCEPTED = { rounds: 0, stop_ms: 500, connect_timeout_ms: 10_000 } as const;

/** Every law of capacity. */
export const LAWS: readonly Law[] = [
  {
    name: 'descriptors',
    formula: DESCRIPTOR_LAW,
    settings: ['nofile', 'gateways'],
    alone: UNHURRIED,
    predict: ({ nofile, descriptors, waiting }) =>
      nofile === undefined || descriptors === undefined
        ? undefined
        : less(descriptorThreshold(nofile, descriptors), waiting),
  },
  {
    name: 'accept-queue',
    formula: ACCEPT_QUEUE_LAW,
    settings: [
      'somaxconn',
      'backlog',
      'waiting',
      'tcp_abort_on_overflow',
      'tcp_max_syn_backlog',
      'tcp_syncookies',
    ],
    alone: { ...MANY_FILES, ...NOBODY_ACCEPTED },
    predict: ({ backlog, somaxconn, stopped, waiting }) =>
      !stopped || backlog === undefined || somaxconn === undefined
        ? undefined
        : less(acceptQueueCapacity(backlog, somaxconn), waiting),
  },
  {
    name: 'darwin-queue',
    formula: DARWIN_QUEUE_LAW,
    // Moved by those of the accept queue, of which it is the form on macOS.
    settings: [],
    alone: { ...MANY_FILES, ...NOBODY_ACCEPTED },
    predict: ({ backlog, darwin, stopped, waiting }) =>
      !stopped || backlog === undefined || darwin === undefined
        ? undefined
        : less(darwinQueueCapacity({ backlog, ...darwin }), waiting),
  },
  {
    name: 'ports',
    formula: PORTS_LAW,
    settings: ['ip_local_port_range', 'sources'],
    alone: { ...UNHURRIED, ...MANY_FILES },
    predict: ({ ports, listening, waiting }) =>
      ports && portThreshold(ports, { listening, connections: waiting }),
  },
  {
    name: 'robots-descriptors',
    formula: "robots_nofile - the robots' descriptors at rest numbered below it",
    settings: ['robots_nofile'],
    alone: { ...UNHURRIED, ...MANY_FILES },
    predict: ({ robotsRoom, waiting }) => (robotsRoom === undefined ? undefined : less(robotsRoom, waiting)),
  },
  {
    name: 'max-connections',
    formula: 'max_connections',
    settings: ['max_connections'],
    alone: { ...UNHURRIED, ...MANY_FILES },
    // Asked for an upgrade the gateway counts its users; cap_silent has Node count sockets, whoever's they are.
    predict: ({ maxConnections, capSilent, waiting }) =>
      maxConnections ? less(maxConnections, capSilent ? waiting : 0) : undefined,
  },
];

/** What connections that are no users leave of a capacity. */
function less(capacity: number, waiting: number): number {
  return Math.max(0, capacity - waiting);
}

/** The law that limits first, and where; undefined when none can tell. */
export function limitingLaw(input: LawInput): { law: Law; users: number } | undefined {
  return LAWS.flatMap((law) => {
    const users = law.predict(input);
    return users === undefined ? [] : [{ law, users }];
  }).sort((a, b) => a.users - b.users)[0];
}
