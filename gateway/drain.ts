import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Peers } from './peers.ts';

const ANSWER_MS = 4000;
const POLL_MS = 10;

/**
 * Stops accepting, sends close code 1001 to every user and resolves when all are gone, or 4 s after it began. Gives how
 * many users were open when it began, and how many are left: the exit that follows cuts those, at once and for less than
 * ending them one by one would cost.
 */
export async function drain(http: Server, peers: Peers): Promise<{ open: number; cut: number }> {
  const giveUpAt = performance.now() + ANSWER_MS;
  const open = peers.open.size;
  http.close();
  for (const peer of [...peers.pending.values(), ...peers.kept.values()]) peers.drop(peer, 'drain');
  for (const peer of peers.open) {
    if (!peer.writable) continue;
    peers.decide(peer, 'drain', 1001);
    peer.ws?.close(1001, 'the gateway stops');
  }
  while (peers.open.size > 0 && performance.now() < giveUpAt) await sleep(POLL_MS);
  return { open, cut: peers.open.size };
}
