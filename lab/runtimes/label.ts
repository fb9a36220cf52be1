import { type Place, thisPlace } from '../../system/pid-place.ts';
import { startTime } from '../../system/proc/stat.ts';

/** What a label tells of the lab that made it. */
export interface Maker {
  /** As its own pid namespace numbers it. */
  pid: number;
  /** In clock ticks after boot; 0: not known. */
  start: number;
  /** Undefined: not known, as in the labels of labs before this one. */
  place: Place | undefined;
}

/**
 * Marks what a run makes: `resetlab.<pid of the lab>.<start time of that process>.<number>.<boot>-<pid namespace>`. The start
 * time tells the process from a later one with the same pid, and the place where that pid means something, so that `clean`
 * never takes a live run for a dead one. It is a word that can be a folder, a container's label and a network's name.
 */
export function newLabel(): string {
  count += 1;
  const place = thisPlace();
  return [
    'resetlab',
    process.pid,
    // By `self`, not by number: /proc may be that of another pid namespace. 0 where there is none (macOS).
    startTime('self') ?? 0,
    count,
    ...(place === undefined ? [] : [`${place.boot}-${place.namespace}`]),
  ].join('.');
}

let count = 0;

const LABEL = /^resetlab\.([1-9]\d*)\.(\d+)\.\d+(?:\.([0-9a-f]{12})-(\d+))?$/;

/** Who made this label; undefined when it is none. */
export function parseLabel(text: string): Maker | undefined {
  const match = LABEL.exec(text);
  if (match === null) return undefined;
  const [, pid, start, boot, namespace] = match;
  return {
    pid: Number(pid),
    start: Number(start),
    place: boot === undefined || namespace === undefined ? undefined : { boot, namespace },
  };
}

/**
 * An address of the loopback (127.64.0.0 to 127.191.255.255) for a run in a network namespace of its own. Those that run at
 * the same time have different ones, so that what the kernel tells of all namespaces together can be told apart.
 */
export function addressOf(label: string): string {
  const [, pid = 0, , number = 0] = label.split('.').map(Number);
  // Labs of two pid namespaces may have one pid.
  const namespace = Number(parseLabel(label)?.place?.namespace ?? 0);
  // A pid has 22 bits at most (include/linux/threads.h PID_MAX_LIMIT).
  const bits = (((pid ^ namespace) & 0x3f_ffff) << 1) | (number & 1);
  return `127.${64 + (bits >> 16)}.${(bits >> 8) & 255}.${bits & 255}`;
}
