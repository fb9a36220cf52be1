import { execFile } from 'node:child_process';

/** A listener as `ss` has it from the kernel by netlink (sock_diag), which /proc does not show. */
export interface ListenerStats {
  /** `*` takes IPv4 and IPv6, `[::]` only the latter. */
  address: string;
  /** sk_max_ack_backlog: the accept queue holds one more (net/ipv4/inet_diag.c: idiag_wqueue of a listener). */
  backlog: number;
  /** Packets that this one socket has dropped, full queues among the reasons: sk_drops (include/net/tcp.h tcp_listendrop). */
  drops?: number;
}

/** Far longer than it takes on a busy machine. */
const ANSWER_MS = 5000;

/** The listeners of a port in our own network namespace; undefined where there is no `ss`, or it may not ask. */
export function readListenerStats(port: number): Promise<ListenerStats[] | undefined> {
  return new Promise((resolve) => {
    execFile(
      'ss',
      ['-ltnmH', `sport = :${port}`],
      { encoding: 'latin1', timeout: ANSWER_MS },
      (error, text) => resolve(error ? undefined : parseListenerStats(text)),
    );
  });
}

/** The same from what `ss -ltnmH` prints: state, Recv-Q, Send-Q, …, and the memory of the socket on the next line. */
export function parseListenerStats(text: string): ListenerStats[] {
  const found: ListenerStats[] = [];
  for (const line of text.split('\n')) {
    const [, backlog, address = ''] = /^LISTEN\s+\d+\s+(\d+)\s+(\S+):\d+\s/.exec(line) ?? [];
    if (backlog !== undefined) found.push({ address, backlog: Number(backlog) });
    const drops = /skmem:\(.*\bd(\d+)\)/.exec(line)?.[1];
    const last = found.at(-1);
    if (drops !== undefined && last) last.drops = Number(drops);
  }
  return found;
}
