/**
 * The yardstick: what the same users cost on plain `net` sockets, or `tls` ones, that ask for the upgrade, see the first
 * bytes of an answer and stay until all have. Same environment as the fleet; prints one JSON object (ms, bytes, microseconds).
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, connect as secureConnect } from 'node:tls';
import { keyOf, upgradeRequest } from './handshake.ts';
import { readSettings } from './robots-settings.ts';

const settings = readSettings(process.env);
const { TARGET_HOST: host, TARGET_PORT: port, USERS, SEED, HOLD_MS } = settings;
const { ca, servername = host } = settings.TARGET_OPTIONS.tls ?? {};
// With a context each it would be the certificates that are measured.
const secureContext = ca === undefined ? undefined : createSecureContext({ ca });
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
  const ask = () => socket.write(request);
  const socket = secureContext
    ? secureConnect({ port, host, secureContext, servername }, ask)
    : connect(port, host, ask);
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
