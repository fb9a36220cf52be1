import { defined } from '../../common/defined.ts';
import type { Evidence } from '../evidence/evidence.ts';

export type EffectiveSettings = Record<string, number | string>;

/** The settings in force, read back from the running processes and their namespace. */
export function effectiveSettings({ observer, gateway, fleet, link, asked }: Evidence): EffectiveSettings {
  const { process, sysctls } = observer.before ?? {};
  const { listening } = gateway;
  const robots = fleet.done?.self;
  const { ramp, betting, rounds, round_ms, pause_ms, connect_timeout_ms } = asked;
  return defined({
    nofile: process?.nofileHard ?? listening?.nofile,
    backlog: listening?.backlog,
    cpus: listening?.limits?.cpus,
    memory_mb: listening?.limits?.memoryMb,
    ...sysctlValues(sysctls),
    // They act where a connection begins; on docker the robots' namespace is not the observer's.
    ...robots?.sysctls,
    ...(robots && {
      robots_nofile: robots.nofile,
      ip_local_port_range: `${robots.ports.first}-${robots.ports.last}`,
    }),
    link_delay_ms: link?.delayMs ?? 0,
    link_qdisc: link?.qdisc,
    ...(asked.way_back !== 'same' && { way_back: asked.way_back, rp_filter: asked.rp_filter }),
    ...(asked.packet_filter !== 'none' && {
      packet_filter: asked.packet_filter,
      filter_beyond: asked.filter_beyond,
      filter_per_second: asked.filter_per_second,
    }),
    ...(asked.gateways > 1 && { gateways: asked.gateways }),
    ...{ ramp, betting, rounds, round_ms, pause_ms, connect_timeout_ms },
  });
}

/** Sysctls as they were read, numbers as numbers. */
export function sysctlValues(sysctls: Record<string, string> = {}): EffectiveSettings {
  return Object.fromEntries(
    Object.entries(sysctls).map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]),
  );
}
