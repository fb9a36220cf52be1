import type { Facts } from '../verdict/facts.ts';
import type { EvidenceItem } from '../verdict/types.ts';
import { count } from '../words.ts';
import { item } from './cause.ts';

/** Of a listener whose accept queue is full (net/ipv4/tcp_ipv4.c tcp_v4_rcv, from tcp_check_req). */
export const OVERFLOW_RESETS = ['TCP_LISTEN_OVERFLOW'];

/**
 * What the kernel's own trace says for these reasons of an RST (include/net/rstreason.h, include/net/dropreason-core.h): one
 * item, or none where there is no trace or none of them was given. It supports a verdict that stands without it.
 */
export function traceItem({ resets }: Pick<Facts, 'resets'>, reasons: readonly string[]): EvidenceItem[] {
  if (resets === undefined) return [];
  const told = reasons.filter((reason) => resets.byReason[reason]);
  const sum = (counts: Readonly<Record<string, number>>) =>
    told.reduce((total, reason) => total + (counts[reason] ?? 0), 0);
  const sent = sum(resets.byReason);
  if (sent === 0) return [];
  const each = told.map((reason) => `${resets.byReason[reason]} ${reason}`).join(', ');
  const lost = resets.lost > 0 ? `; ${count(resets.lost, 'event')} lost, so there may be more` : '';
  const says = `the kernel's own word on ${sent} RST sent to robots: ${each}; by their ports ${count(sum(resets.users), 'failed user')}${lost}`;
  return [item('tracefs tcp:tcp_send_reset', 'reason', 0, sent, says)];
}
