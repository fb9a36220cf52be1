import { existsSync, openSync, readFileSync, readSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Debug } from '../../../common/debug.ts';
import { LineReader } from '../../../protocol/ndjson-reader.ts';

const debug = new Debug('compose');

/** The folder that gateway, robots and lab share in the compose stack. */
export const EXCHANGE = process.env.EXCHANGE_DIR ?? '/exchange';

/** Where the orders for k6 go, below it. */
export const K6_FOLDER = 'k6';

const POLL_MS = 50;

/** Follows a file of JSON lines from its beginning, also before it exists, until `stop` is called. */
export function follow(file: string, onLine: (line: unknown) => void): { stop: () => void } {
  const path = join(EXCHANGE, file);
  debug.say('%s: waiting for its lines', path);
  const reader = new LineReader(onLine);
  const chunk = Buffer.alloc(1 << 18);
  let open: number | undefined;
  const read = () => {
    if (open === undefined) {
      if (!existsSync(path)) return;
      open = openSync(path, 'r');
      debug.say('%s: is there', path);
    }
    for (let size = 1; size > 0; ) {
      size = readSync(open, chunk, 0, chunk.length, null);
      if (size > 0) reader.push(chunk.subarray(0, size));
    }
  };
  const timer = setInterval(read, POLL_MS);
  return {
    stop() {
      clearInterval(timer);
      read();
    },
  };
}

/** Gives the content of a JSON file once it is there; `stop` ends the waiting. */
export function once(file: string, onContent: (content: unknown) => void): { stop: () => void } {
  const path = join(EXCHANGE, file);
  debug.say('%s: waiting', path);
  const timer = setInterval(() => {
    if (!existsSync(path)) return;
    clearInterval(timer);
    debug.say('%s: is there', path);
    onContent(JSON.parse(readFileSync(path, 'utf8')));
  }, POLL_MS);
  return { stop: () => clearInterval(timer) };
}

/** Writes a file so that a reader sees all of it or nothing. */
export function post(file: string, content: object): void {
  const path = join(EXCHANGE, file);
  writeFileSync(`${path}.part`, JSON.stringify(content));
  renameSync(`${path}.part`, path);
  debug.say('%s: written', path);
}
