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

/**
 * Descriptor numbers from `lsof -nP -p PID`, lowest first: of the column FD, `12u` is one, `cwd`, `txt` and the like are none. Undefined for
 * text without lsof's heading.
 */
export function parseDescriptors(text: string): number[] | undefined {
  const numbers = new Set<number>();
  let column = -1;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'COMMAND') column = words.indexOf('FD');
    else if (column >= 0) {
      // A command's name may have spaces: FD is the first word after the owner's that looks like one.
      const word = words
        .slice(column)
        .find((one) => /^(?:\d{1,9}[a-zA-Z -]{0,2}|[a-z]{3}\d{0,2}|NOFD|DEL)$/.test(one));
      const match = /^(\d{1,9})[a-zA-Z-]{0,2}$/.exec(word ?? '');
      if (match) numbers.add(Number(match[1]));
    }
  }
  return column < 0 ? undefined : [...numbers].sort((a, b) => a - b);
}
