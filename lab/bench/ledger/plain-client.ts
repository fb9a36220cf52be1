import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The least that a client in Node can do. With RATE it opens so many connections a second for MS, asks once on each, and closes; each
 * second one is left for the server to close. Without it opens USERS of them, asks once on each, and stays until TERM.
 */
const { HOST = '', PORT, RATE = '0', MS = '0', USERS = '0' } = process.env;
/** So that they are spread over the second, as those of many clients are. */
const TICK_MS = 1;
/** At once under way: fewer than any backlog here. */
const WAVE = 200;

const counts = { opened: 0, answered: 0, failed: 0, lateMs: 0 };

function open(request: string, stay: boolean): Promise<Socket> {
  const socket = connect(Number(PORT), HOST, () => socket.write(request));
  counts.opened += 1;
  return new Promise((resolve) => {
    socket.once('data', () => {
      counts.answered += 1;
      if (!stay) socket.end();
      resolve(socket);
    });
    socket.once('error', () => {
      counts.failed += 1;
      resolve(socket);
    });
  });
}

function say(event: string): void {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ event, pid: process.pid, ...counts, cpuMicros: user + system }));
}

async function keepRate(rate: number, forMs: number): Promise<void> {
  say('begun');
  const from = performance.now();
  let under = 0;
  for (let now = 0; now < forMs; now = performance.now() - from) {
    const due = Math.floor((rate * now) / 1000);
    counts.lateMs = Math.max(counts.lateMs, ((due - counts.opened) * 1000) / rate);
    for (; counts.opened < due; ) {
      under += 1;
      void open(counts.opened % 2 === 0 ? 'client closes' : 'server closes', false).then(() => {
        under -= 1;
      });
    }
    await sleep(TICK_MS);
  }
  const patience = performance.now() + 3000;
  while (under > 0 && performance.now() < patience) await sleep(TICK_MS);
  counts.failed += under;
  say('done');
}

async function stay(users: number): Promise<void> {
  for (let left = users; left > 0; left -= WAVE)
    await Promise.all(Array.from({ length: Math.min(WAVE, left) }, () => open('client closes', true)));
  say('begun');
  await once(process, 'SIGTERM');
  say('done');
}

process.stdin.resume().once('end', () => process.exit(0));
await (RATE === '0' ? stay(Number(USERS)) : keepRate(Number(RATE), Number(MS)));
process.exit(0);
