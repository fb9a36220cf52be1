const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000 };

/** A ramp such as `10s` in ms; `0` is 0. */
export function rampMs(ramp: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s|m)?$/.exec(ramp) ?? [];
  return Number(number ?? 0) * (UNIT_MS[unit ?? 'ms'] ?? 1);
}
