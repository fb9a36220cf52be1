import type { Evidence } from '../evidence/evidence.ts';
import type { Counter } from './counter-growth.ts';

/** What one interface lost and carried. */
export interface InterfaceFacts {
  name: string;
  errors: number;
  drops: number;
  packets: number;
}

/** The loopback, and every interface that moved. */
export function interfaceFacts({ observer }: Evidence, counter: Counter): InterfaceFacts[] {
  const keys = Object.keys(observer.before?.counters ?? {});
  const sum = (name: string, fields: string[]) =>
    fields.reduce((total, field) => total + (counter(`${name} ${field}`) ?? 0), 0);
  const linux = named(keys, /^(\S+) rx_dropped$/).map((name) => ({
    name,
    errors: sum(name, ['rx_errors', 'tx_errors']),
    drops: sum(name, ['rx_dropped', 'tx_dropped']),
    packets: sum(name, ['rx_packets', 'tx_packets']),
  }));
  // Columns of netstat -i -d: a Mac has these instead.
  const darwin = named(keys, /^darwin (\S+) Ipkts$/).map((name) => ({
    name,
    errors: sum(`darwin ${name}`, ['Ierrs', 'Oerrs']),
    drops: sum(`darwin ${name}`, ['Drop']),
    packets: sum(`darwin ${name}`, ['Ipkts', 'Opkts']),
  }));
  return [...linux, ...darwin].filter(
    ({ name, errors, drops, packets }) => name === 'lo' || name === 'lo0' || errors + drops + packets > 0,
  );
}

function named(keys: readonly string[], pattern: RegExp): string[] {
  return keys.flatMap((key) => pattern.exec(key)?.[1] ?? []);
}
