import type { Evidence } from '../../../lab/evidence/evidence.ts';
import type { Extra } from './extras.ts';

const CUT_MS = 2500;
const TIMEOUT_MS = 1000;

/** Of restarts, and of users that came back after one. */
export const RESTART_EXTRAS: Record<string, Extra> = {
  /** `restart=2500-2900`: from the first moment of the load to the second the gateway did not listen; `2500-`: to the end. */
  restart({ gateway, fleet }, value) {
    const [down = '', up = ''] = value.split('-');
    const line = (ms: string, phase: 'down' | 'up', open: number) =>
      gateway.restarts.push({ event: 'restart', at: start(fleet) + Number(ms), phase, open });
    line(down, 'down', fleet.users.length);
    if (up) line(up, 'up', 0);
  },
  /** `again=3000`: all but those lost while open were cut at 2500, and each came back after a random pause up to so long. */
  again({ fleet }, value, random) {
    for (const user of fleet.users) {
      if (user.outcome !== 'open' && user.stage === 'open') continue;
      const { startedAt, port } = user;
      const endedMs = start(fleet) + CUT_MS - startedAt;
      const lost = { outcome: 'reset', stage: 'open', startedAt, openMs: 500, endedMs } as const;
      user.earlier = [{ ...lost, ...(port === undefined ? {} : { port: port + 20_000 }) }];
      user.attempts = 2;
      user.startedAt = start(fleet) + CUT_MS + random() * Number(value);
      if (user.outcome === 'open') user.openMs = (user.connectedMs ?? 0) + 1;
      else user.endedMs = user.outcome === 'timeout' ? TIMEOUT_MS : random();
    }
  },
};

function start({ phases }: Evidence['fleet']): number {
  return phases.find(({ phase }) => phase === 'load')?.at ?? 0;
}
