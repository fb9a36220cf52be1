const UNIT_MS = { ms: 1, s: 1000, m: 60_000 };

/** How a duration is written: `500ms`, `10s`, `1.5m`, or `0`. */
const DURATION = /^(?:0|(\d+(?:\.\d+)?)(ms|s|m))$/;

/** A duration such as `10s` in ms, `0` being 0; undefined for other text. */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [, number = '0', unit = 'ms'] = match;
  return Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

/** A ramp such as `10s` in ms; text that is none is 0. */
export function rampMs(ramp: string): number {
  return durationMs(ramp) ?? 0;
}
