import type { EffectiveSettings } from '../run/verdict-document.ts';

const RANGE = ['net.inet.ip.portrange.first', 'net.inet.ip.portrange.last'] as const;

/** Settings of either system under the same names where they are the same knob: somaxconn, ip_local_port_range. */
export function aligned(settings: EffectiveSettings): EffectiveSettings {
  const { 'kern.ipc.somaxconn': somaxconn, [RANGE[0]]: first, [RANGE[1]]: last, ...rest } = settings;
  return {
    ...rest,
    ...(rest.somaxconn === undefined && somaxconn !== undefined ? { somaxconn } : {}),
    ...(rest.ip_local_port_range === undefined && first !== undefined && last !== undefined
      ? { ip_local_port_range: `${first}-${last}` }
      : {}),
  };
}

/** The number of that name; undefined where it is none. */
export function numberOf(settings: EffectiveSettings, name: string): number | undefined {
  const value = settings[name];
  return value === undefined || !/^-?\d+$/.test(String(value)) ? undefined : Number(value);
}

/** How many ports `first-last` has. */
export function portsOf(settings: EffectiveSettings): number | undefined {
  const [, first, last] = /^(\d+)[\s-]+(\d+)$/.exec(String(settings.ip_local_port_range ?? '')) ?? [];
  return first === undefined || last === undefined ? undefined : Number(last) - Number(first) + 1;
}
