import { acceptQueueDrop } from '../causes/accept-queue-drop.ts';
import { acceptQueueEvicted } from '../causes/accept-queue-evicted.ts';
import { acceptQueueReset } from '../causes/accept-queue-reset.ts';
import { appTimeoutOrPanic } from '../causes/app-timeout-or-panic.ts';
import { bettingHerd } from '../causes/betting-herd.ts';
import { closeUnread } from '../causes/close-unread.ts';
import { concurrencyLimit } from '../causes/concurrency-limit.ts';
import { connectionCap } from '../causes/connection-cap.ts';
import { conntrackFull } from '../causes/conntrack-full.ts';
import { cpuQuota } from '../causes/cpu-quota.ts';
import { deadline } from '../causes/deadline.ts';
import { descriptorLeak } from '../causes/descriptor-leak.ts';
import { ephemeralPorts } from '../causes/ephemeral-ports.ts';
import { eventLoopStall } from '../causes/event-loop-stall.ts';
import { fdExhaustion } from '../causes/fd-exhaustion.ts';
import { fileTableFull } from '../causes/file-table-full.ts';
import { frameRace } from '../causes/frame-race.ts';
import { gatewayCrash } from '../causes/gateway-crash.ts';
import { gatewayRestart } from '../causes/gateway-restart.ts';
import { handshakeTimeout } from '../causes/handshake-timeout.ts';
import { heartbeatReaper } from '../causes/heartbeat-reaper.ts';
import { idleTimeout } from '../causes/idle-timeout.ts';
import { keepaliveRace } from '../causes/keepalive-race.ts';
import { killed } from '../causes/killed.ts';
import { lateReset } from '../causes/late-reset.ts';
import { listenBacklog } from '../causes/listen-backlog.ts';
import { listenerClosed } from '../causes/listener-closed.ts';
import { loopbackInterface } from '../causes/loopback-interface.ts';
import { memoryKill } from '../causes/memory-kill.ts';
import { messageTooLarge } from '../causes/message-too-large.ts';
import { notAccepting } from '../causes/not-accepting.ts';
import { packetFilter } from '../causes/packet-filter.ts';
import { processLimit } from '../causes/process-limit.ts';
import { publishedPort } from '../causes/published-port.ts';
import { reconnectHerd } from '../causes/reconnect-herd.ts';
import { reversePathFilter } from '../causes/reverse-path-filter.ts';
import { robotsLimit } from '../causes/robots-limit.ts';
import { robotsNofile } from '../causes/robots-nofile.ts';
import type { Cause } from '../causes/shared/cause.ts';
import { slowAccept } from '../causes/slow-accept.ts';
import { slowConsumer } from '../causes/slow-consumer.ts';
import { synQueue } from '../causes/syn-queue.ts';
import { tlsHandshake } from '../causes/tls-handshake.ts';
import { tlsTicketsUnread } from '../causes/tls-tickets-unread.ts';
import { upstreamQueue } from '../causes/upstream-queue.ts';
import { upstreamRefused } from '../causes/upstream-refused.ts';
import { checkOrder } from './claims.ts';

/** The suspects of the report, in its order. */
export const SUSPECTS: readonly Cause[] = [
  loopbackInterface,
  fdExhaustion,
  listenBacklog,
  appTimeoutOrPanic,
  bettingHerd,
];

/** Every cause, in the order of the list: the suspects first, each followed by its sub-causes. */
export const CAUSES: readonly Cause[] = [
  ...SUSPECTS,
  robotsLimit,
  descriptorLeak,
  acceptQueueDrop,
  acceptQueueReset,
  acceptQueueEvicted,
  lateReset,
  synQueue,
  slowAccept,
  tlsHandshake,
  cpuQuota,
  gatewayCrash,
  gatewayRestart,
  memoryKill,
  killed,
  listenerClosed,
  processLimit,
  robotsNofile,
  ephemeralPorts,
  reconnectHerd,
  publishedPort,
  frameRace,
  messageTooLarge,
  slowConsumer,
  closeUnread,
  tlsTicketsUnread,
  connectionCap,
  concurrencyLimit,
  notAccepting,
  eventLoopStall,
  heartbeatReaper,
  handshakeTimeout,
  idleTimeout,
  deadline,
  keepaliveRace,
  upstreamRefused,
  upstreamQueue,
  packetFilter,
  reversePathFilter,
  conntrackFull,
  fileTableFull,
];

checkOrder(CAUSES);
