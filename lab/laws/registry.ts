import { ACCEPT_QUEUE_LAW, acceptQueueCapacity } from './accept-queue.ts';
import { DARWIN_QUEUE_LAW, darwinQueueCapacity } from './darwin-queue.ts';
import { DESCRIPTOR_LAW, descriptorThreshold } from './descriptors.ts';
import type { Law, LawInput } from './law.ts';
import { PORTS_LAW, portThreshold } from './ports.ts';

/** A queue that holds everybody and patience for a busy machine: what is looked for is a number, never a time. */
const UNHURRIED = { rounds: 0, backlog: 16_384, somaxconn: 16_384, connect_timeout_ms: 60_000 } as const;

/** Above what the number of users can reach on most machines, so that descriptors are not what ends it. */
const MANY_FILES = { nofile: 20_000 } as const;

/** Every law of capacity. */
export const LAWS: readonly Law[] = [
  {
    name: 'descriptors',
    formula: DESCRIPTOR_LAW,
    settings: ['nofile'],
    alone: UNHURRIED,
    predict: ({ nofile, descriptors }) =>
      nofile === undefined || descriptors === undefined
        ? undefined
        : descriptorThreshold(nofile, descriptors),
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
    // Users beyond the queue wait until they give up, which is all that is left to see: so they give up soon.
    alone: { ...MANY_FILES, rounds: 0, stop_ms: 500, connect_timeout_ms: 1000 },
    predict: ({ backlog, somaxconn, stopped, waiting }) =>
      !stopped || backlog === undefined || somaxconn === undefined
        ? undefined
        : Math.max(0, acceptQueueCapacity(backlog, somaxconn) - waiting),
  },
  {
    name: 'darwin-queue',
    formula: DARWIN_QUEUE_LAW,
    // Moved by those of the accept queue, of which it is the form on macOS.
    settings: [],
    alone: { ...MANY_FILES, rounds: 0, stop_ms: 500, connect_timeout_ms: 1000 },
    predict: ({ backlog, darwin, stopped, waiting }) =>
      !stopped || backlog === undefined || darwin === undefined
        ? undefined
        : Math.max(0, darwinQueueCapacity({ backlog, ...darwin }) - waiting),
  },
  {
    name: 'ports',
    formula: PORTS_LAW,
    settings: ['ip_local_port_range'],
    alone: { ...UNHURRIED, ...MANY_FILES },
    predict: ({ ports, listening, waiting }) =>
      ports && portThreshold(ports, { listening, connections: waiting }),
  },
  {
    name: 'robots-descriptors',
    formula: "robots_nofile - the robots' descriptors at rest numbered below it",
    settings: ['robots_nofile'],
    alone: { ...UNHURRIED, ...MANY_FILES },
    predict: ({ robotsRoom }) => robotsRoom,
  },
  {
    name: 'max-connections',
    formula: 'max_connections',
    settings: ['max_connections'],
    alone: { ...UNHURRIED, ...MANY_FILES },
    predict: ({ maxConnections }) => (maxConnections ? maxConnections : undefined),
  },
];

/** The law that limits first, and where; undefined when none can tell. */
export function limitingLaw(input: LawInput): { law: Law; users: number } | undefined {
  return LAWS.flatMap((law) => {
    const users = law.predict(input);
    return users === undefined ? [] : [{ law, users }];
  }).sort((a, b) => a.users - b.users)[0];
}
