import { count } from '../../../common/format.ts';
import { type Facts, type Item, item } from './cause.ts';

/** RSTs of a listener whose accept queue is full (net/ipv4/tcp_ipv4.c tcp_v4_rcv, from tcp_check_req). */
export const OVERFLOW_RESETS = ['TCP_LISTEN_OVERFLOW'];

/** RSTs of a listener to a packet whose handshake it has forgotten (net/ipv4/tcp_ipv4.c tcp_v4_do_rcv, tcp_rcv_state_process). */
export const FORGOTTEN_RESETS = ['TCP_FLAGS'];

/**
 * RSTs when a process ends: connections that it had not accepted end with the listener (net/ipv4/inet_connection_sock.c
 * inet_child_forget), others are closed with data unread, or before data arrives.
 */
export const EXIT_RESETS = ['TCP_STATE', 'TCP_ABORT_ON_CLOSE', 'TCP_ABORT_ON_DATA'];

/**
 * How many RSTs the kernel's trace has for these reasons (include/net/rstreason.h, include/net/dropreason-core.h): one item, or none
 * without a trace or such an RST. It supports a verdict that stands without it.
 */
export function traceItem({ resets }: Pick<Facts, 'resets'>, reasons: readonly string[]): Item[] {
  if (resets === undefined) return [];
  const told = reasons.filter((reason) => resets.byReason[reason]);
  const sum = (counts: Readonly<Record<string, number>>) =>
    told.reduce((total, reason) => total + (counts[reason] ?? 0), 0);
  const sent = sum(resets.byReason);
  if (sent === 0) return [];
  const each = told.map((reason) => `${resets.byReason[reason]} ${reason}`).join(', ');
  const lost = resets.lost > 0 ? `; ${count(resets.lost, 'event')} lost, so there may be more` : '';
  const says = `the kernel's reason for ${sent} RST sent to robots: ${each}; their ports match ${count(sum(resets.users), 'failed user')}${lost}`;
  return [item('trace', 'reason', 0, sent, says)];
}
