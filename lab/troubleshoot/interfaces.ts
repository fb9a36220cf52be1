import { type Conclusion, cannotBeSeen, pointsAt, refuted } from './step.ts';

/** Totals of one interface since it came up, sent and received. */
export interface Totals {
  packets: number;
  errors: number;
  drops: number;
}

/** By name. */
export type Interfaces = Record<string, Totals>;

/** Judges by growth: what was lost before the load has nothing to do with it. */
export function concludeInterfaces(all: readonly Interfaces[], span: string, why?: string): Conclusion {
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined)
    return cannotBeSeen(`cannot be seen: ${why ?? 'the counters are not in the output'}`);
  const names = Object.keys(last).filter((name) => first[name]);
  const grown = (name: string, what: keyof Totals) =>
    (last[name] as Totals)[what] - (first[name] as Totals)[what];
  const lost = (name: string) => grown(name, 'errors') + grown(name, 'drops');
  const lossy = names.filter((name) => lost(name) > bearable(name, grown(name, 'packets')));
  if (lossy.length > 0) {
    const told = lossy.map((n) => `${n} ${grown(n, 'errors')} errors and ${grown(n, 'drops')} drops`);
    return pointsAt(
      `points at the interface: ${told.join(', ')} in ${span}; a lost packet is sent again, so users wait rather than being reset`,
    );
  }
  const carrying = names.filter((name) => grown(name, 'packets') > 0);
  const told = carrying.map((name) => `${name} ${grown(name, 'packets')} packets`).join(', ');
  const before = names
    .filter((name) => (first[name] as Totals).errors + (first[name] as Totals).drops > 0)
    .map((name) => `${name} ${(first[name] as Totals).errors + (first[name] as Totals).drops}`);
  const earlier = before.length > 0 ? `; lost before that, since boot: ${before.join(', ')}` : '';
  const few = names.filter((name) => lost(name) > 0).map((name) => `${name} ${lost(name)}`);
  return refuted(
    `refuted: ${few.length > 0 ? `too few errors and drops to matter (${few.join(', ')})` : 'no error and no drop'} in ${span} (${told || 'but no packet either: no load came'})${earlier}`,
  );
}

/**
 * So many lost packets mean nothing. A wire drops what it has no use for, such as unknown protocols, all the time; a loopback (lo, lo0) loses
 * nothing.
 */
function bearable(name: string, packets: number): number {
  return /^lo\d*$/.test(name) ? 0 : packets / 1000;
}
