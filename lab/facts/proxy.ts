import { defined } from '../../common/defined.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import type { Counter } from './counter-growth.ts';

/** What was between users and gateway: docker's proxy of a published port. */
export interface ProxyFacts {
  /** Whether it still listened when the load was over; undefined: not seen. */
  listening?: boolean;
  limit?: number;
  atRest?: number;
  peak?: number;
  /** Connections that users had, and that the gateway's kernel completed, both over all attempts. */
  connected: number;
  arrived?: number;
}

/** Undefined when users connected directly. */
export function proxyFacts({ asked, proxy, fleet }: Evidence, counter: Counter): ProxyFacts | undefined {
  if (asked.via !== 'published') return undefined;
  return defined({
    listening: proxy?.listening,
    limit: proxy?.nofile,
    atRest: proxy?.atRest,
    peak: proxy?.peak,
    connected: countOf(fleet.users, ({ connectedMs }) => connectedMs !== undefined),
    arrived: counter('Tcp PassiveOpens'),
  });
}
