import { UsageError } from '../../../common/errors.ts';
import { darwinQueueCapacity } from '../../../system/darwin/queue-limit.ts';
import { type Host, sysctlNumber } from '../../../system/host.ts';
import type { Settings } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';

/** so_qlimit is a short (XNU bsd/sys/socketvar.h). */
const LONGEST_QUEUE = 32_767;

/** SOMAXCONN (XNU bsd/sys/socket.h), for where the sysctl cannot be read. */
const SOMAXCONN = 128;

/** kern.ipc.somaxconn of this Mac. */
function hostSomaxconn(host: Host): number {
  return sysctlNumber(host, 'kern.ipc.somaxconn') ?? SOMAXCONN;
}

/**
 * What the gateway passes to listen(2) on macOS. kern.ipc.somaxconn needs root, so a smaller one is held by the backlog: the
 * queue's limit is the smaller of the two (XNU bsd/kern/uipc_socket.c solisten), fixed when the gateway listens.
 */
export function heldBacklog({ backlog, somaxconn }: Pick<Settings, 'backlog' | 'somaxconn'>): number {
  return Math.min(backlog, somaxconn);
}

/** Throws UsageError for a listen queue that this Mac does not give, with what would. Nothing is changed. */
export function checkQueue({ values, explicit, where }: ResolvedSettings, host: Host): void {
  const { somaxconn: asked, backlog } = values;
  const has = hostSomaxconn(host);
  if (explicit.has('somaxconn') && asked > has) {
    const longest = Math.min(asked, LONGEST_QUEUE);
    const how =
      has >= LONGEST_QUEUE
        ? ''
        : `; more only as root: sudo sysctl -w kern.ipc.somaxconn=${longest} (for every listener of this Mac that listens from then on, ` +
          `until it starts again; back with: sudo sysctl -w kern.ipc.somaxconn=${has})`;
    throw new UsageError(
      `${where.somaxconn}: somaxconn=${asked}: kern.ipc.somaxconn is ${has} here; allowed: 1 to ${Math.min(has, LONGEST_QUEUE)}${how}`,
    );
  }
  const held = heldBacklog(values);
  const soqlimitcompat = sysctlNumber(host, 'kern.ipc.soqlimitcompat') ?? 1;
  if (darwinQueueCapacity({ backlog: held, somaxconn: has, soqlimitcompat }) > 0) return;
  throw new UsageError(
    `${where.backlog ?? 'the scenario'}: backlog=${backlog}: with kern.ipc.somaxconn=${has} the queue's limit, a short, ` +
      `would not be above 0, and every SYN dropped; allowed: 1 to ${LONGEST_QUEUE}`,
  );
}
