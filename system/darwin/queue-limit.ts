/** What bounds a listener's queue on macOS. */
export interface DarwinQueue {
  backlog: number;
  /** kern.ipc.somaxconn. */
  somaxconn: number;
  /** kern.ipc.soqlimitcompat; 0 lets the queue grow to one and a half times its limit. */
  soqlimitcompat?: number;
}

/**
 * so_qlimit of a listener (XNU bsd/kern/uipc_socket.c solisten): a backlog of 0 or less means somaxconn, as does one
 * above it. The field is a short, so a somaxconn of 32768 or more can make it negative.
 */
export function darwinQueueLimit({ backlog, somaxconn }: DarwinQueue): number {
  const limit = backlog <= 0 || backlog > somaxconn ? somaxconn : backlog;
  return (limit << 16) >> 16;
}

/**
 * How many connections a listener holds, half-open and complete together (XNU bsd/kern/uipc_socket2.c
 * sonewconn_internal: full when so_qlen >= so_qlimit). 0 when its limit is negative: every SYN is dropped.
 */
export function darwinQueueCapacity(queue: DarwinQueue): number {
  const limit = darwinQueueLimit(queue);
  const most = (queue.soqlimitcompat ?? 1) ? limit : Math.trunc((3 * limit) / 2);
  return Math.max(0, most);
}
