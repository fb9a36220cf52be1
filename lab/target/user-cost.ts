import { ranMs } from '../../system/proc/cpu-time.ts';
import { findHolders } from '../../system/proc/holders.ts';
import { readListeners } from '../../system/proc/net-tcp.ts';
import { familyOf } from '../../system/proc/process.ts';

/** CPU time that the server spends on one user over TLS, ms, measured one by one before there is load. */
export interface UserCost {
  /** From accept to the end of the TLS handshake, and to the end of the connection. */
  handshakeMs: number;
  /** What a user's request takes beside that; 0 where users ask nothing. */
  requestMs: number;
  /** How many of each were measured. */
  each: number;
}

/** The first ones compile code, fill caches and set up sessions. */
const WARM = 2;
const EACH = 6;

/**
 * The cost of one user over TLS: of handshakes alone, and of handshakes with a request, some of each in turn.
 * @param handshake makes a connection, and ends it once it is secured; gives whether it was
 * @param request the same with a request and its answer; absent: users ask nothing
 * @returns undefined where the server's processes cannot be seen, or one of these failed: then nothing is known
 */
export async function costOfUser(
  port: number,
  handshake: () => Promise<boolean>,
  request?: () => Promise<boolean>,
): Promise<UserCost | undefined> {
  const inodes = new Set(readListeners('/proc/self/net', port).map(({ inode }) => inode));
  const { pids } = findHolders(inodes);
  if (pids.length === 0) return undefined;
  const family = familyOf(...pids);
  const costOf = async (does: () => Promise<boolean>): Promise<number | undefined> => {
    for (let count = 0; count < WARM; count += 1) if (!(await does())) return undefined;
    const before = ranMs(family);
    for (let count = 0; count < EACH; count += 1) if (!(await does())) return undefined;
    const after = ranMs(family);
    return before === undefined || after === undefined ? undefined : (after - before) / EACH;
  };
  const handshakeMs = await costOf(handshake);
  const both = request === undefined ? handshakeMs : await costOf(request);
  if (handshakeMs === undefined || both === undefined || handshakeMs <= 0) return undefined;
  return { handshakeMs, requestMs: Math.max(0, both - handshakeMs), each: EACH };
}
