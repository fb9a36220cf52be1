import { defined } from '../../common/defined.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import { INTERRUPTED } from '../../robots/outcome.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { type Lines, packed } from '../evidence/packed-lines.ts';
import type { ByPlace } from '../evidence/place-of-user.ts';
import type { UserCost } from '../target/user-cost.ts';
import { type QueueFacts, queueFacts } from './accept-queue.ts';
import { type ConnectionOf, connectionOfUser } from './connection-of-user.ts';
import { type ConnectionFacts, connectionFacts } from './connections.ts';
import { type Counter, counterUntil, type InterfaceFacts, interfaceFacts } from './counter-growth.ts';
import { type Gap, gapOf, withoutSeries } from './coverage.ts';
import { type DarwinFacts, darwinFacts } from './darwin-listen-queue.ts';
import { type DescriptorFacts, descriptorFacts } from './descriptors.ts';
import { type FilterFacts, filterFacts } from './filtered-packets.ts';
import {
  type CloseFacts,
  type Cut,
  closeFacts,
  cutsOf,
  type Limits,
  limitsOf,
} from './gateway-closes-and-stalls.ts';
import { type GatewayFacts, gatewayFacts, type MemoryFacts, memoryFacts } from './gateway-life.ts';
import { type GatewayWaits, gatewayWaits } from './gateway-waits.ts';
import { type TableFacts, tableFacts } from './kernel-tables.ts';
import { type LeakFacts, leakFacts } from './left-open.ts';
import { type LeftUnreadOf, leftUnreadOf } from './left-unread.ts';
import { type LoopFacts, loopFacts } from './loop.ts';
import { type PlateauFacts, plateauFacts } from './plateau.ts';
import { type ProxyFacts, proxyFacts } from './proxy.ts';
import { type ResetFacts, resetFacts } from './resets.ts';
import { type ComebackFacts, comebackFacts, type RestartFacts, restartFacts } from './restarts.ts';
import { type OutsideFacts, outsideFacts } from './server.ts';
import { type SharedLimits, sharedLimits } from './shared-limits.ts';
import { type Stall, stallsOf } from './stalls.ts';
import { type UpstreamFacts, upstreamFacts, type Want } from './upstream.ts';
import { groupOutcomes, slowConnects, type UserGroup } from './user-groups.ts';
import { type PathFacts, pathFacts } from './users-path.ts';

export type {
  CloseFacts,
  ConnectionFacts,
  DarwinFacts,
  DescriptorFacts,
  FilterFacts,
  GatewayFacts,
  LoopFacts,
  MemoryFacts,
  OutsideFacts,
  PlateauFacts,
  QueueFacts,
  UpstreamFacts,
  Want,
};
export { groupOutcomes };

/** Numbers drawn from the evidence, nothing judged yet. Undefined: could not be measured. */
export interface Facts {
  asked: number;
  /** Some user had a TLS handshake behind it. */
  secure: boolean;
  open: number;
  /** Users that an interruption cut short are neither among these nor among the open ones. */
  failed: Lines<UserLine>;
  by: UserGroup[];
  /** Users whose handshake took 0.9 s or more: a dropped SYN is sent again after 1 s. */
  slowConnects: number | undefined;
  /** The observer saw only a part of the load: then nothing of its series is in these facts. */
  gap?: Gap;
  descriptors?: DescriptorFacts;
  /** Connections whose clients have left; absent where the port's table was not read. */
  leak?: LeakFacts;
  queue?: QueueFacts;
  /** The listen queue where the gateway ran on macOS, which has no `queue`. */
  darwin?: DarwinFacts;
  counter: Counter;
  interfaces: InterfaceFacts[];
  path: PathFacts;
  gateway: GatewayFacts;
  /** Connections that the gateway ended. */
  cuts: Pick<ByPlace<Cut>, 'get' | 'size' | 'values'>;
  limits: Limits;
  stalls: Stall[];
  /** Undefined where the kernel was not traced, or could not be. */
  resets?: ResetFacts;
  memory?: MemoryFacts;
  /** Absent where limits of a cgroup are the gateway's alone. */
  sharedLimits?: SharedLimits;
  restarts: RestartFacts;
  /** Absent when users connected directly. */
  proxy?: ProxyFacts;
  comebacks?: ComebackFacts;
  closing: CloseFacts;
  plateau?: PlateauFacts;
  loop: LoopFacts;
  /** What a user had not read that was reset by its own close. */
  leftUnread: LeftUnreadOf;
  /** When our own gateway let users wait although it had time. */
  waits: GatewayWaits;
  /** What the ledger shows of all connections; absent where nothing was recorded. */
  connections?: ConnectionFacts;
  /** Packets that were rejected or dropped before the server's TCP saw them. */
  filter: FilterFacts;
  /** Tables of the kernel that the whole machine shares. */
  tables: TableFacts;
  /** What the server's kernel shows of the connection of one failed user. */
  connectionOf: ConnectionOf;
  /** Facts of a server that is not ours. */
  outside?: OutsideFacts;
  /** Facts of such a server as the client of others; absent where nothing was recorded, or it made no connection. */
  upstream?: UpstreamFacts;
  /** What a user over TLS costs a server that is not ours, measured one by one; absent: not known. */
  userCost?: UserCost;
  betting: { mode: string; firstAt?: number };
  bottlenecks: string[];
}

/** Draws the facts. Pure: the same evidence gives the same facts. */
export function drawFacts(whole: Evidence): Facts {
  const gap = gapOf(whole);
  const evidence = gap ? withoutSeries(whole) : whole;
  const { done, phases } = evidence.fleet;
  const { users: all } = evidence.fleet;
  const cutShort = ({ detail }: UserLine) => detail === INTERRUPTED;
  const users = all.some(cutShort) ? packed(all, (user) => !cutShort(user)) : all;
  const failed = packed(
    users,
    ({ outcome }) => outcome !== 'open',
    (user) => asTheGatewaySees(user, evidence),
  );
  const until = done?.at ?? Number.POSITIVE_INFINITY;
  const counter = counterUntil(evidence, until);
  const descriptors = descriptorFacts(evidence, until);
  const stalls = stallsOf(evidence);
  const interfaces = interfaceFacts(evidence, counter);
  const restarts = restartFacts(evidence, until);
  const connections = connectionFacts(evidence, until);
  const upstream = upstreamFacts(evidence, until, connections, failed);
  const behind = new Set(Object.values(upstream?.ends ?? {}).flat());
  return {
    asked: evidence.asked.users,
    secure: users.some(({ securedMs }) => securedMs !== undefined),
    open: users.length - failed.length,
    failed,
    by: groupOutcomes(users),
    slowConnects: slowConnects(users),
    ...defined({
      gap,
      descriptors,
      leak: leakFacts(evidence, until, descriptors),
      queue: queueFacts(evidence, counter),
      darwin: darwinFacts(evidence, counter),
      resets: resetFacts(evidence, until),
      memory: memoryFacts(evidence),
      sharedLimits: sharedLimits(evidence),
      comebacks: comebackFacts(users),
      proxy: proxyFacts(evidence, counter),
      plateau: plateauFacts(evidence),
      connections,
      userCost: evidence.userCost,
      upstream,
      outside: outsideFacts(evidence, until, descriptors, restarts, connections, behind),
    }),
    filter: filterFacts(evidence, until, counter),
    tables: tableFacts(evidence, until),
    connectionOf: connectionOfUser(evidence, failed),
    counter,
    interfaces,
    path: pathFacts(evidence, interfaces, counter),
    gateway: gatewayFacts(evidence, until),
    cuts: cutsOf(evidence, stalls, until),
    limits: limitsOf(evidence),
    stalls,
    restarts,
    closing: closeFacts(evidence, until),
    loop: loopFacts(evidence),
    leftUnread: leftUnreadOf(evidence),
    waits: gatewayWaits(evidence, until),
    betting: defined({
      mode: evidence.asked.betting,
      firstAt: phases.find(({ phase }) => phase === 'betting')?.at,
    }),
    bottlenecks: done?.bottlenecks.map((item) => item.says) ?? [],
  };
}

/** Behind a proxy the gateway sees the proxy's ports: a user's own port would match somebody else's connection. */
function asTheGatewaySees(user: UserLine, { asked }: Evidence): UserLine {
  if (asked.via === 'direct') return user;
  const { port: _, ...rest } = user;
  return rest;
}
