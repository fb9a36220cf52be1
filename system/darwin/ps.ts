/** A process, from `ps -o state=,time=,rss=,uid= -p PID`. */
export interface ProcessStat {
  /** R, S, I, T, U, Z (ps(1)). */
  state: string;
  /** User and system time since start, ms. */
  cpuMs: number;
  /** Bytes. */
  rss: number;
  user: number;
}

/** Undefined for other text: ps prints nothing when there is no such process. */
export function parsePs(text: string): ProcessStat | undefined {
  const match =
    /^\s*([A-Z])\S*\s+(?:(\d{1,6}):)?(\d{1,6}):(\d{2}(?:\.\d{1,3})?)\s+(\d{1,12})\s+(-?\d{1,10})\s*$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, state = '?', hours = '0', minutes = '0', seconds = '0', kib = '0', user = '0'] = match;
  const cpuMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return { state, cpuMs: Math.round(cpuMs), rss: Number(kib) * 1024, user: Number(user) };
}
