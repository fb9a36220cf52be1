import { type Evidence, nothingMeasured } from '../../../lab/evidence/evidence.ts';
import { fileLedgerLine } from '../../../lab/evidence/ledger/ledger.ts';
import { usersOfEach } from '../../../lab/settings/shares.ts';
import type { FleetDoneLine, UserLine } from '../../../protocol/fleet-events.ts';
import { type Situation, synthesise } from '../verdict/synthetic.ts';

const START = 1_700_000_000_000;
const HEALTHY: Situation = {
  descriptors: 'room',
  overflows: 0,
  abort: 0,
  drops: 0,
  gateway: 'alive',
  loopMs: 20,
  betting: 'paced',
  failed: [],
};

export interface Several {
  /** Of all gateways together. */
  users: number;
  /** Users who are reset in the upgrade, by gateway; those gateways are out of descriptors. */
  failed: readonly number[];
  sources?: number;
  /** With a ledger: a line for each user. */
  ledger?: boolean;
}

/** The evidence of several gateways, each with its part of the users by number, held as a run holds it. */
export function severalGateways({ users, failed, sources = 1, ledger = false }: Several): Evidence[] {
  let firstId = 0;
  return usersOfEach({ users, gateways: failed.length }).map((asked, gateway) => {
    const cut = failed[gateway] ?? 0;
    const from = synthesise({ ...HEALTHY, descriptors: cut > 0 ? 'full' : 'room' }, gateway + 1);
    const evidence: Evidence = {
      ...nothingMeasured({ ...from, asked: { ...from.asked, users: asked, gateways: failed.length } }),
      observer: from.observer,
      gateway: from.gateway,
    };
    const { fleet } = evidence;
    for (let index = 0; index < asked; index += 1) fleet.users.push(user(firstId + index, index < cut));
    const done = from.fleet.done as FleetDoneLine;
    const open = asked - cut;
    const self = { ...done.self, ports: { ...done.self.ports, addresses: sources } };
    const bets = { placed: open, acked: open, rejected: 0 };
    Object.assign(fleet, { phases: from.fleet.phases });
    fleet.done = { ...done, asked, open, failed: cut, bets, self };
    fleet.progress.push({
      event: 'progress',
      at: START + 1000,
      asked,
      started: asked,
      open,
      failed: cut,
      bets,
      self,
    });
    if (ledger) addLedger(evidence, gateway);
    firstId += asked;
    return evidence;
  });
}

function user(id: number, fails: boolean): UserLine {
  const spread = ((id * 7919) % 10_007) / 10;
  const line = { event: 'user', id, port: 32_768 + (id % 28_232), startedAt: START + (id % 50) } as const;
  const connectedMs = 1 + spread / 4;
  return fails
    ? {
        ...line,
        outcome: 'reset',
        stage: 'upgrade',
        errno: 'ECONNRESET',
        connectedMs,
        endedMs: 1000 + spread,
        bets: { placed: 0, acked: 0, rejected: 0 },
      }
    : {
        ...line,
        outcome: 'open',
        stage: 'open',
        connectedMs,
        openMs: connectedMs + spread,
        bets: { placed: 1, acked: 1, rejected: 0 },
      };
}

function addLedger({ ledger, fleet }: Evidence, gateway: number): void {
  for (const { id, startedAt, port, outcome } of fleet.users) {
    const spread = (id * 104_729) % 4001;
    const by = 'ss -E' as const;
    fileLedgerLine(ledger, {
      event: 'connection',
      at: startedAt + 5000,
      local: `10.241.0.${gateway + 1}:8080`,
      remote: `10.241.0.254:${port}`,
      cookie: (0xef900 + id).toString(16),
      complete: { is: startedAt + 2, by: 'port table', within: 40 },
      accepted: { is: outcome === 'open', by },
      wait: { is: (spread % 300) / 10, by: 'port table', within: 2 },
      closed: { is: startedAt + 900 + spread, by },
      closedBy: { is: outcome === 'open' ? 'client' : 'server', by },
      how: { is: outcome === 'open' ? 'FIN' : 'RST', by },
      ...(outcome === 'open' ? {} : { reset: { is: 'server' as const, by } }),
      age: { is: 900 + spread, by },
      silentIn: { is: spread / 2, by },
      received: { is: 159 + (id % 3), by },
      sent: { is: 182, by },
    });
  }
  fileLedgerLine(ledger, { event: 'witness', at: START + 6000, by: 'ss -E', lost: gateway });
}
