import type { UserLine } from '../../robots/lines.ts';
import type { Settings } from '../settings/schema.ts';
import type { Facts } from '../verdict/facts.ts';
import { count } from '../words.ts';
import { byClaims, type Cause, counterItem, expecting, type Fix, item, type Judgement } from './cause.ts';

/** What a robots process has open beside its users, with room to spare: Node, its pipes, the settings it watches. */
const AT_REST = 64;

export const robotsNofile: Cause = {
  id: 'robots-nofile',
  title: "the load generator's own descriptors run out (EMFILE)",
  toldBy: 'robots',
  under: 'robots-limit',
  scenario: { robots_nofile: 150, users: 250, rounds: 0 },
  claims(user: UserLine): boolean {
    return user.outcome === 'no-fd';
  },
  judge(facts: Facts, claimed: number): Judgement {
    const says = `${count(claimed, 'robot')} without a descriptor of its own: socket(2) said EMFILE, and no packet was sent`;
    const own = expecting(
      item('robots', 'EMFILE', 0, claimed, claimed > 0 ? says : 'no robot went without a descriptor'),
      'no robot reports EMFILE',
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
  fix(_facts: Facts, settings: Settings, highestNofile: number): Fix | undefined {
    const { robots_nofile: limit, users } = settings;
    const needed = users + settings.waiting + AT_REST;
    const raised = Math.min(Math.max(Math.ceil(needed * 1.1), 2 * (limit ?? 0)), highestNofile);
    if (raised < needed) return undefined;
    return {
      change: `robots_nofile ${limit ?? 'as inherited'} → ${raised}`,
      settings: { robots_nofile: raised },
    };
  },
};
