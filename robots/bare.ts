/**
 * The yardstick: what the same users cost on plain `net` sockets that ask for the upgrade, see the first bytes of an
 * answer and stay until all have. Same environment as the fleet; prints one JSON object (ms, bytes, microseconds).
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { keyOf, upgradeRequest } from './handshake.ts';
import { readSettings } from './robots-settings.ts';

const { TARGET_HOST: host, TARGET_PORT: port, USERS, SEED, HOLD_MS } = readSettings(process.env);
const key = keyOf(SEED, 0);
const request = upgradeRequest(`${host}:${port}`, key);
const startedAt = performance.now();
const settled = Promise.withResolvers<void>();
let left = USERS;
let failed = 0;

function settle(): void {
  left -= 1;
  if (left === 0) settled.resolve();
}

for (let i = 0; i < USERS; i++) {
  const socket = connect(port, host, () => socket.write(request));
  socket.once('data', settle);
  socket.on('error', () => {
    failed += 1;
    settle();
  });
}
await settled.promise;
const settledMs = Math.round((performance.now() - startedAt) * 10) / 10;
await sleep(HOLD_MS);
const { user, system } = process.cpuUsage();
const rss = process.memoryUsage.rss();
const peakRss = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ users: USERS, failed, settledMs, rss, peakRss, cpuMicros: user + system }));
process.exit(0);
