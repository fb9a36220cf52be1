import type { Evidence } from '../evidence/evidence.ts';
import type { Counter } from './counter-growth.ts';

/** What stood between the users and the gateway: docker's proxy of a published port. */
export interface ProxyFacts {
  /** Whether it still listened when the load was over; undefined: it could not be seen. */
  listening?: boolean;
  limit?: number;
  atRest?: number;
  peak?: number;
  /** Connections that users had, and that the gateway's kernel let in, both over all attempts. */
  connected: number;
  arrived?: number;
}

/** Undefined when the users came directly. */
export function proxyFacts({ asked, proxy, fleet }: Evidence, counter: Counter): ProxyFacts | undefined {
  if (asked.via !== 'published') return undefined;
  const arrived = counter('Tcp PassiveOpens');
  return {
    ...(proxy ? { listening: proxy.listening } : {}),
    ...(proxy?.nofile === undefined ? {} : { limit: proxy.nofile }),
    ...(proxy?.atRest === undefined ? {} : { atRest: proxy.atRest }),
    ...(proxy?.peak === undefined ? {} : { peak: proxy.peak }),
    connected: fleet.users.filter(({ connectedMs }) => connectedMs !== undefined).length,
    ...(arrived === undefined ? {} : { arrived }),
  };
}
