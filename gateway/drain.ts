import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Peers } from './peers.ts';
import { CLOSE_TIMEOUT_MS } from './server.ts';

const POLL_MS = 10;
/** After a socket is destroyed its close event is one turn of the loop away; this is for many. */
const LAST_MS = 500;

/**
 * Stops accepting, sends close code 1001 to every user and resolves when all are gone: those that do not answer within
 * 4 s are cut. Gives how many users were open when it began.
 */
export async function drain(http: Server, peers: Peers): Promise<number> {
  const open = peers.open.size;
  http.close();
  for (const peer of peers.pending.values()) peers.drop(peer, 'drain');
  for (const peer of peers.open) {
    if (!peer.writable) continue;
    peers.decide(peer, 'drain', 1001);
    peer.ws?.close(1001, 'the gateway stops');
  }
  await until(() => peers.open.size === 0, CLOSE_TIMEOUT_MS);
  for (const peer of peers.open) peer.ws?.terminate();
  await until(() => peers.open.size === 0, LAST_MS);
  return open;
}

async function until(done: () => boolean, ms: number): Promise<void> {
  const giveUpAt = performance.now() + ms;
  while (!done() && performance.now() < giveUpAt) await sleep(POLL_MS);
}
