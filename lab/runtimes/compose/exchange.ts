import {
  appendFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Debug } from '../../../common/debug.ts';
import { LineReader } from '../../../protocol/ndjson-reader.ts';
import type { Follower } from '../../../robots/orders.ts';

const debug = new Debug('compose');

/** The folder that gateway, robots and lab share in the compose stack. */
export const EXCHANGE = process.env.EXCHANGE_DIR ?? '/exchange';

const POLL_MS = 50;
/** A follower says ten times a second that it lives. If shorter, a machine that is busy with the load ends one that does. */
const GONE_MS = 10_000;

/** The folders of those who follow orders, one a container. Each makes its own when it starts, and the lab starts after all. */
export function followers(follower: Follower): string[] {
  return readdirSync(EXCHANGE)
    .filter((name) => name.startsWith(`${follower}-`))
    .sort();
}

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

/** Calls when who follows orders in a folder has not said for `silentMs` that it lives; `stop` ends the looking. */
export function watchLife(
  folder: string,
  onGone: (silentMs: number) => void,
  silentMs = GONE_MS,
): { stop: () => void } {
  const path = join(EXCHANGE, folder);
  let seen: number | undefined;
  let since = performance.now();
  // By this clock alone: that of a file may be another.
  const timer = setInterval(() => {
    const { mtimeMs } = statSync(path);
    if (mtimeMs !== seen) since = performance.now();
    seen = mtimeMs;
    if (performance.now() - since < silentMs) return;
    clearInterval(timer);
    onGone(silentMs);
  }, POLL_MS);
  return { stop: () => clearInterval(timer) };
}

/** Appends a line to a file. */
export function append(file: string, line: string): void {
  appendFileSync(join(EXCHANGE, file), `${line}\n`);
}

/** Writes a file so that a reader sees all of it or nothing. */
export function post(file: string, content: object): void {
  const path = join(EXCHANGE, file);
  writeFileSync(`${path}.part`, JSON.stringify(content));
  renameSync(`${path}.part`, path);
  debug.say('%s: written', path);
}
