import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectSecure } from 'node:tls';

/**
 * Users of PORT at HOST: POOL of them stay and ask every ASK_MS (200); beside these one comes each SHORT_MS, asks once (ASKS: up to so many times), and leaves as LEAVE says:
 * `served`, the server closes when it has answered; `idle`, the server closes when it has heard nothing for a time; `first`, the user closes;
 * `reset`, by an RST. For FOR_MS; then the pool leaves. BURST: in the middle somebody asks for work, and so many come at once meanwhile, alone.
 * SPEAKS: http or `greeted`. TLS. Prints how many were served, and what went wrong with the others.
 */
const { HOST, PORT, SPEAKS = 'http', LEAVE = 'served', TLS } = process.env;
const [pool, shortMs, forMs, burst] = ['POOL', 'SHORT_MS', 'FOR_MS', 'BURST'].map((name) =>
  Number(process.env[name] ?? 0),
) as [number, number, number, number];

const askMs = Number(process.env.ASK_MS ?? 200);
const asks = Number(process.env.ASKS ?? 1);
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 8000);
const told = { served: 0, failed: {} as Record<string, number> };
const until = Date.now() + forMs;

function request(last: boolean, path = '/'): string {
  if (SPEAKS === 'greeted') return 'ask\n';
  return `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: ${last && LEAVE === 'served' ? 'close' : 'keep-alive'}\r\n\r\n`;
}

/** Gives once the server has said this; throws when it says nothing for long, or the connection ends. */
function hears(socket: Socket, what: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = '';
  const onData = (chunk: Buffer) => {
    text += chunk;
    if (what.test(text)) resolve();
  };
  const onEnd = () => reject(new Error('closed unanswered'));
  const timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS);
  if (socket.destroyed || socket.readableEnded) onEnd();
  socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', reject);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', reject);
  });
}

async function enter(): Promise<Socket> {
  const to = { port: Number(PORT), host: HOST ?? '127.0.0.1' };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const socket = TLS ? connectSecure({ ...to, rejectUnauthorized: false }) : connect(to);
  // Whoever waits for something hears of it; between two requests nobody does.
  socket.on('error', () => {});
  const greeted = SPEAKS === 'greeted' ? hears(socket, /hello/) : undefined;
  greeted?.catch(() => {});
  await once(socket, TLS ? 'secureConnect' : 'connect', { signal });
  await greeted;
  return socket;
}

async function ask(socket: Socket, last: boolean, path?: string): Promise<void> {
  const heard = hears(socket, SPEAKS === 'greeted' ? /answer/ : /ok$/);
  socket.write(request(last, path));
  await heard;
}

async function tell(user: () => Promise<void>): Promise<void> {
  try {
    await user();
    told.served += 1;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code ?? message;
    told.failed[why] = (told.failed[why] ?? 0) + 1;
  }
}

let came = 0;
const short = (path?: string) =>
  tell(async () => {
    came += 1;
    const socket = await enter();
    for (let more = came % asks; more > 0; more -= 1) {
      await ask(socket, false, path);
      await pause(150);
    }
    await ask(socket, true, path);
    const closed = once(socket, 'close');
    if (LEAVE === 'reset') socket.resetAndDestroy();
    else if (SPEAKS === 'greeted') socket.write('quit\n');
    else if (LEAVE === 'first') socket.end();
    await closed;
  });

const staying = () =>
  tell(async () => {
    const socket = await enter();
    while (Date.now() < until) {
      await ask(socket, false);
      await pause(Math.max(0, Math.min(askMs, until - Date.now())));
    }
    const closed = once(socket, 'close');
    socket.end();
    await closed;
  });

const all = Array.from({ length: pool }, staying);
let bursting = false;
if (burst > 0)
  all.push(
    pause(forMs / 3).then(async () => {
      bursting = true;
      const work = short('/work');
      await pause(50);
      work.then(() => {
        bursting = false;
      });
      await Promise.all([work, ...Array.from({ length: burst }, () => short())]);
    }),
  );
// The pool is there before the others.
if (pool > 0) await pause(300);
while (shortMs > 0 && Date.now() < until) {
  if (!bursting) all.push(short());
  await pause(shortMs);
}
await Promise.all(all);
process.stdout.write(JSON.stringify(told));
