import type { UserLine } from '../../robots/lines.ts';
import type { Settings } from '../settings/schema.ts';
import type { Facts } from '../verdict/facts.ts';
import { count } from '../words.ts';
import { byClaims, type Cause, counterItem, expecting, type Fix, item, type Judgement } from './cause.ts';

/** Below are the ports that services are known by; above there are none. */
const WIDEST = { first: 1024, last: 65_535 };

export const ephemeralPorts: Cause = {
  id: 'ephemeral-ports',
  title: 'the load generator has no local port left (EADDRNOTAVAIL)',
  toldBy: 'robots',
  under: 'robots-limit',
  scenario: { ip_local_port_range: '40000-40199', users: 300, rounds: 0 },
  claims(user: UserLine): boolean {
    return user.outcome === 'no-port';
  },
  judge(facts: Facts, claimed: number): Judgement {
    const says = `${count(claimed, 'robot')} without a local port: not one packet reached the gateway`;
    const own = expecting(
      item('robots', 'EADDRNOTAVAIL', 0, claimed, claimed > 0 ? says : 'no robot went without a local port'),
      'no robot reports EADDRNOTAVAIL',
    );
    if (claimed === 0) return byClaims(claimed, [own]);
    const arrived = counterItem(
      facts,
      'Tcp PassiveOpens',
      (growth) =>
        `${count(growth, 'connection')} reached the gateway, of ${count(facts.asked, 'user')} asked for`,
    );
    return byClaims(claimed, [
      own,
      expecting(arrived, `the gateway would have seen all ${facts.asked}`),
      ...facts.bottlenecks.map((bottleneck) => item('robots', 'bottleneck', null, null, bottleneck)),
    ]);
  },
  fix(_facts: Facts, settings: Settings): Fix | undefined {
    const { first, last } = WIDEST;
    const [from, to] = settings.ip_local_port_range ?? [];
    const known = from === undefined || to === undefined ? "the kernel's" : `${from}-${to}`;
    if (last - first + 1 < settings.users || (from === first && to === last)) return undefined;
    const range = `${first}-${last}`;
    return { change: `ip_local_port_range ${known} → ${range}`, settings: { ip_local_port_range: range } };
  },
};
