/** Soft and hard; Infinity for `unlimited`. */
export interface Limits {
  soft: number;
  hard: number;
}

/** `launchctl limit maxfiles`: `maxfiles    256            unlimited`. Undefined for other text. */
export function parseLaunchctlLimit(text: string): Limits | undefined {
  const match = /^\s*maxfiles\s+(\d{1,15}|unlimited)\s+(\d{1,15}|unlimited)\s*$/m.exec(text);
  return match ? { soft: numberOf(match[1] as string), hard: numberOf(match[2] as string) } : undefined;
}

/** `ulimit -n`: one figure, or `unlimited`. Undefined for other text. */
export function parseUlimit(text: string): number | undefined {
  const word = text.trim();
  return /^(\d{1,15}|unlimited)$/.test(word) ? numberOf(word) : undefined;
}

function numberOf(word: string): number {
  return word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
}
