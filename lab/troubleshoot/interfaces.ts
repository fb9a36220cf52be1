import { type Conclusion, cannotBeSeen, pointsAt, refuted } from './step.ts';

/** Totals of one interface since it came up, sent and received. */
export interface Totals {
  packets: number;
  errors: number;
  drops: number;
}

/** By name. */
export type Interfaces = Record<string, Totals>;

const LOOPBACK = /^lo\d*$/;

/** Judges by growth: what was lost before the load has nothing to do with it. */
export function concludeInterfaces(all: readonly Interfaces[], span: string, why?: string): Conclusion {
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined)
    return cannotBeSeen(`cannot be seen: ${why ?? 'the counters are not in the output'}`);
  const names = Object.keys(last).filter((name) => first[name]);
  const grown = (name: string, what: keyof Totals) =>
    (last[name] as Totals)[what] - (first[name] as Totals)[what];
  const lost = (name: string) => grown(name, 'errors') + grown(name, 'drops');
  const [busiest] = names.toSorted((a, b) => grown(b, 'packets') - grown(a, 'packets'));
  const lossy = names.filter((name) =>
    LOOPBACK.test(name) ? lost(name) > 0 : name === busiest && lost(name) > bearable(grown(name, 'packets')),
  );
  if (lossy.length > 0) {
    const told = lossy.map((n) => `${n} ${grown(n, 'errors')} errors and ${grown(n, 'drops')} drops`);
    return pointsAt(
      `points at the interface: ${told.join(', ')} in ${span}; a lost packet is sent again, so users wait rather than being reset`,
    );
  }
  const carrying = names.filter((name) => grown(name, 'packets') > 0);
  const told = carrying.map((name) => `${name} ${grown(name, 'packets')} packets`).join(', ');
  const past = names
    .map((name) => ({ name, ...(first[name] as Totals) }))
    .filter(({ errors, drops }) => errors + drops > 0)
    .map(({ name, errors, drops }) => `${name} ${errors + drops}`);
  const earlier = `lost before that, since boot: ${past.join(', ') || 'nothing'}`;
  if (carrying.length === 0) {
    const loops = names.filter((name) => LOOPBACK.test(name) && (last[name] as Totals).packets > 0);
    if (loops.length === 0 || past.some((text) => LOOPBACK.test(text.split(' ')[0] as string)))
      return cannotBeSeen(`cannot be seen: no packet came in ${span}: make the load meanwhile; ${earlier}`);
    const totals = loops.map((name) => `${name} ${(last[name] as Totals).packets} packets`).join(', ');
    return refuted(`refuted by the totals: no packet came in ${span}, but since boot ${totals}; ${earlier}`);
  }
  const few = names.filter((name) => lost(name) > 0).map((name) => `${name} ${lost(name)}`);
  const none = few.length > 0 ? `too few lost to matter (${few.join(', ')})` : 'no error and no drop';
  return refuted(`refuted: ${none} in ${span} (${told}); ${earlier}`);
}

/**
 * So many lost packets mean nothing: a wire drops what it has no use for, such as unknown protocols, all the time. A loopback loses nothing, and
 * the load goes over that, or over the busiest interface.
 */
const bearable = (packets: number) => Math.max(10, packets / 1000);
