import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { programAt } from '../common/own-files.ts';
import { FLEET_OPTIONS } from './node-options.ts';

const MAIN = programAt('robots/main.ts');
const POLL_MS = 100;
/** Fleets that go into a phase together are apart by so much. */
const HAND_ON_MS = 20;

/** How a fleet ended: its exit code or signal, and what it wrote to stderr. */
export interface OrderEnd {
  code: number | null;
  signal: string | null;
  stderr: string;
}

/** Who follows orders: it begins the name of its folder in the exchange. */
export type Follower = 'robots' | 'k6';

/**
 * Follows orders in a folder of its own in `exchange`, named `<follower>-<hostname>`: that it is there says that somebody does, and its time of
 * change, once in a while anew, that he still lives. Carries out `1.order.json`, `2.order.json`, … in it, each a JSON object of settings over
 * those of `env`. A fleet appends its lines to `<n>.fleet.ndjson` and leaves an OrderEnd in `<n>.end.json`; one that waits before a phase
 * gets on its stdin what is appended to `<n>.said`. Looks for files and does not watch the folder: not every shared volume tells of changes.
 * Resolves when `end.order.json` is in the exchange or when the signal is aborted, which also interrupts the fleet that runs. `main` is
 * the module that a fleet runs.
 */
export async function followOrders(
  exchange: string,
  follower: Follower,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  main = MAIN,
): Promise<void> {
  const folder = join(exchange, `${follower}-${hostname()}`);
  mkdirSync(folder, { recursive: true });
  // The lab, another user perhaps, leaves its orders here.
  chmodSync(folder, 0o777);
  const alive = setInterval(() => utimesSync(folder, new Date(), new Date()), POLL_MS);
  try {
    for (let n = 1; !signal.aborted; ) {
      const path = join(folder, String(n));
      if (existsSync(`${path}.order.json`)) {
        writeWhole(`${path}.end.json`, JSON.stringify(await carryOut(path, env, signal, main)));
        n++;
      } else if (existsSync(join(exchange, 'end.order.json'))) return;
      else await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    clearInterval(alive);
  }
}

// A process for each, so that memory, CPU and descriptors are those of this order alone.
async function carryOut(
  path: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  main: string,
): Promise<OrderEnd> {
  const file = `${path}.order.json`;
  let settings: Record<string, string>;
  try {
    settings = readOrder(file);
  } catch (error) {
    return { code: 2, signal: null, stderr: `${file}: ${(error as Error).message}` };
  }
  const stdout = openSync(`${path}.fleet.ndjson`, 'a');
  try {
    const child = spawn(process.execPath, [...(main === MAIN ? FLEET_OPTIONS : []), main], {
      env: { ...env, ...settings, ORDERS_DIR: '', LIFELINE: 'stdin' },
      stdio: ['pipe', stdout, 'pipe'],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
      process.stderr.write(text);
    });
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    const handing = settings.COORDINATED ? handOn(`${path}.said`, child.stdin as Writable) : undefined;
    const [code, by] = await once(child, 'close').finally(() => clearInterval(handing));
    signal.removeEventListener('abort', stop);
    return { code, signal: by, stderr };
  } catch (error) {
    return { code: 1, signal: null, stderr: (error as Error).message };
  } finally {
    closeSync(stdout);
  }
}

/** Writes to a fleet's stdin what is appended to that file. */
function handOn(file: string, stdin: Writable): NodeJS.Timeout {
  // It has ended.
  stdin.on('error', () => {});
  let handed = 0;
  return setInterval(() => {
    if (!existsSync(file)) return;
    const said = readFileSync(file);
    if (said.length > handed) stdin.write(said.subarray(handed));
    handed = said.length;
  }, HAND_ON_MS);
}

function readOrder(file: string): Record<string, string> {
  const order: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (order === null || typeof order !== 'object' || Array.isArray(order)) {
    throw new TypeError('an order is a JSON object of settings');
  }
  return Object.fromEntries(Object.entries(order).map(([name, value]) => [name, String(value)]));
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
