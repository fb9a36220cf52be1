import { acceptQueueDrop } from './accept-queue-drop.ts';
import { acceptQueueEvicted } from './accept-queue-evicted.ts';
import { acceptQueueReset } from './accept-queue-reset.ts';
import { appTimeoutOrPanic } from './app-timeout-or-panic.ts';
import { bettingHerd } from './betting-herd.ts';
import { type Cause, TELLERS } from './cause.ts';
import { closeUnread } from './close-unread.ts';
import { connectionCap } from './connection-cap.ts';
import { cpuQuota } from './cpu-quota.ts';
import { deadline } from './deadline.ts';
import { ephemeralPorts } from './ephemeral-ports.ts';
import { eventLoopStall } from './event-loop-stall.ts';
import { fdExhaustion } from './fd-exhaustion.ts';
import { frameRace } from './frame-race.ts';
import { gatewayCrash } from './gateway-crash.ts';
import { gatewayRestart } from './gateway-restart.ts';
import { handshakeTimeout } from './handshake-timeout.ts';
import { heartbeatReaper } from './heartbeat-reaper.ts';
import { idleTimeout } from './idle-timeout.ts';
import { keepaliveRace } from './keepalive-race.ts';
import { lateReset } from './late-reset.ts';
import { listenBacklog } from './listen-backlog.ts';
import { loopbackInterface } from './loopback-interface.ts';
import { memoryKill } from './memory-kill.ts';
import { messageTooLarge } from './message-too-large.ts';
import { publishedPort } from './published-port.ts';
import { reconnectHerd } from './reconnect-herd.ts';
import { robotsLimit } from './robots-limit.ts';
import { robotsNofile } from './robots-nofile.ts';
import { slowAccept } from './slow-accept.ts';
import { slowConsumer } from './slow-consumer.ts';
import { synQueue } from './syn-queue.ts';

/** The suspects of the report, in the order in which the report suspected them. */
export const SUSPECTS: readonly Cause[] = [
  loopbackInterface,
  fdExhaustion,
  listenBacklog,
  appTimeoutOrPanic,
  bettingHerd,
];

/** Every cause, in the order in which they are listed: the suspects first, then each one's forms. */
export const CAUSES: readonly Cause[] = [
  ...SUSPECTS,
  robotsLimit,
  acceptQueueDrop,
  acceptQueueReset,
  acceptQueueEvicted,
  lateReset,
  synQueue,
  slowAccept,
  cpuQuota,
  gatewayCrash,
  gatewayRestart,
  memoryKill,
  robotsNofile,
  ephemeralPorts,
  reconnectHerd,
  publishedPort,
  frameRace,
  messageTooLarge,
  slowConsumer,
  closeUnread,
  connectionCap,
  eventLoopStall,
  heartbeatReaper,
  handshakeTimeout,
  idleTimeout,
  deadline,
  keepaliveRace,
];

/**
 * Every cause, in the order in which they may claim a failed user: by who tells (see `Teller`), and a form of a cause
 * before the cause itself.
 */
export const CLAIMANTS: readonly Cause[] = [...CAUSES].sort(
  (a, b) =>
    TELLERS.indexOf(a.toldBy) - TELLERS.indexOf(b.toldBy) ||
    Number(a.under === undefined) - Number(b.under === undefined),
);
