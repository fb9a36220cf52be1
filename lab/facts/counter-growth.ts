import type { Evidence } from '../evidence/evidence.ts';

/** Growth of a counter from before the load to its end; undefined when there is no such counter. */
export type Counter = (name: string) => number | undefined;

/** Reads growth up to `until`, ms. */
export function counterUntil(evidence: Evidence, until: number): Counter {
  const growth: Record<string, number> = {};
  for (const line of evidence.observer.series) if (line.at <= until) Object.assign(growth, line.deltas);
  const known = evidence.observer.before?.counters;
  return (name) => (known && name in known ? (growth[name] ?? 0) : undefined);
}

/** How much one interface lost and carried. */
export interface InterfaceFacts {
  name: string;
  errors: number;
  drops: number;
  packets: number;
}

/** Linux has its interfaces in /proc/net/dev, a Mac in the columns of netstat -i -d. */
const INTERFACES = [
  {
    name: /^(\S+) rx_dropped$/,
    before: '',
    errors: ['rx_errors', 'tx_errors'],
    drops: ['rx_dropped', 'tx_dropped'],
    packets: ['rx_packets', 'tx_packets'],
  },
  {
    name: /^darwin (\S+) Ipkts$/,
    before: 'darwin ',
    errors: ['Ierrs', 'Oerrs'],
    drops: ['Drop'],
    packets: ['Ipkts', 'Opkts'],
  },
];

/** The loopback, and every interface with traffic. */
export function interfaceFacts({ observer }: Evidence, counter: Counter): InterfaceFacts[] {
  const keys = Object.keys(observer.before?.counters ?? {});
  return INTERFACES.flatMap(({ name: pattern, before, errors, drops, packets }) => {
    const names = keys.flatMap((key) => pattern.exec(key)?.[1] ?? []);
    return names.map((name) => {
      const sum = (fields: string[]) =>
        fields.reduce((total, field) => total + (counter(`${before}${name} ${field}`) ?? 0), 0);
      return { name, errors: sum(errors), drops: sum(drops), packets: sum(packets) };
    });
  }).filter(
    ({ name, errors, drops, packets }) => name === 'lo' || name === 'lo0' || errors + drops + packets > 0,
  );
}
