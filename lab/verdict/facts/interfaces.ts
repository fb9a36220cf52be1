import type { Evidence } from '../../evidence/evidence.ts';
import type { Counter } from './counters.ts';

/** What one interface lost and carried. */
export interface InterfaceFacts {
  name: string;
  errors: number;
  drops: number;
  packets: number;
}

/** The loopback, and every interface that moved. */
export function interfaceFacts({ observer }: Evidence, counter: Counter): InterfaceFacts[] {
  const names = Object.keys(observer.before?.counters ?? {}).flatMap((key) =>
    key.endsWith(' rx_dropped') ? [key.slice(0, -11)] : [],
  );
  const sum = (name: string, fields: string[]) =>
    fields.reduce((total, field) => total + (counter(`${name} ${field}`) ?? 0), 0);
  return names
    .map((name) => ({
      name,
      errors: sum(name, ['rx_errors', 'tx_errors']),
      drops: sum(name, ['rx_dropped', 'tx_dropped']),
      packets: sum(name, ['rx_packets', 'tx_packets']),
    }))
    .filter(({ name, errors, drops, packets }) => name === 'lo' || errors + drops + packets > 0);
}
