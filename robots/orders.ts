import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { programAt } from '../common/own-files.ts';

const MAIN = programAt('robots/main.ts');
const POLL_MS = 100;

/** How a fleet ended, in `<n>.end.json`: its exit code or signal, and what it wrote to stderr. */
export interface OrderEnd {
  code: number | null;
  signal: string | null;
  stderr: string;
}

/**
 * Carries out the orders `1.order.json`, `2.order.json`, … in `folder`, each a JSON object of settings over those of
 * `env`. A fleet appends its lines to `<n>.fleet.ndjson` and leaves an OrderEnd. Looks for files and does not
 * watch the folder: not every shared volume tells of changes. Resolves when `end.order.json` is there or when the
 * signal is aborted, which also interrupts the fleet that runs. `main` is the module that a fleet runs.
 */
export async function followOrders(
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  main = MAIN,
): Promise<void> {
  for (let n = 1; !signal.aborted; ) {
    const file = join(folder, `${n}.order.json`);
    if (existsSync(file)) {
      const end = await carryOut(file, join(folder, `${n}.fleet.ndjson`), env, signal, main);
      writeWhole(join(folder, `${n}.end.json`), JSON.stringify(end));
      n++;
    } else if (existsSync(join(folder, 'end.order.json'))) return;
    else await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

// A process for each, so that memory, CPU and descriptors are those of this order alone.
async function carryOut(
  file: string,
  lines: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  main: string,
): Promise<OrderEnd> {
  let settings: Record<string, string>;
  try {
    settings = readOrder(file);
  } catch (error) {
    return { code: 2, signal: null, stderr: `${file}: ${(error as Error).message}` };
  }
  const stdout = openSync(lines, 'a');
  try {
    const child = spawn(process.execPath, [main], {
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
    const [code, by] = await once(child, 'close');
    signal.removeEventListener('abort', stop);
    return { code, signal: by, stderr };
  } catch (error) {
    return { code: 1, signal: null, stderr: (error as Error).message };
  } finally {
    closeSync(stdout);
  }
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
