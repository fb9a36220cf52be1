import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import type { Settings } from '../settings/schema.ts';
import type { Cause, Fix } from './shared/cause.ts';
import { judgeOwnLimit } from './shared/robots-own.ts';

/** What a robots process has open beside its users, with room to spare: Node, its pipes, the settings it watches. */
const AT_REST = 64;

export const robotsNofile: Cause = {
  id: 'robots-nofile',
  title: "the load generator's own descriptors run out (EMFILE)",
  toldBy: 'robots',
  looksLike: 'robots that report EMFILE',
  under: 'robots-limit',
  scenario: { robots_nofile: 150, users: 250, rounds: 0 },
  claims(user: UserLine): boolean {
    return user.outcome === 'no-fd';
  },
  judge: (facts: Facts, claimed: number) =>
    judgeOwnLimit(facts, claimed, {
      errno: 'EMFILE',
      lacks: 'a descriptor of its own',
      hence: 'socket(2) said so, and no packet was sent',
    }),
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
