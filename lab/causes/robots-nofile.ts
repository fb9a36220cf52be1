import { type Cause, change, WITH_A_TENTH } from './shared/cause.ts';
import { judgeOwnLimit } from './shared/robots-own.ts';

/** Descriptors that a robots process has open beside its users, with room to spare: Node, its pipes, the settings it watches. */
const AT_REST = 64;

export const robotsNofile: Cause = {
  id: 'robots-nofile',
  title: 'the load generator has no file descriptor left for its own users (EMFILE)',
  toldBy: 'robots',
  looksLike: 'robots that report EMFILE',
  under: 'robots-limit',
  scenario: { robots_nofile: 150, users: 250, rounds: 0 },
  claims: ({ outcome }) => outcome === 'no-fd',
  judge: (facts, claimed) =>
    judgeOwnLimit(facts, claimed, {
      errno: 'EMFILE',
      lacks: 'a descriptor',
      hence: 'socket(2) failed, and no packet was sent',
    }),
  fix(_facts, settings, highestNofile) {
    const { robots_nofile: limit, users } = settings;
    const needed = users + settings.waiting + AT_REST;
    const raised = Math.min(Math.max(Math.ceil(needed * WITH_A_TENTH), 2 * (limit ?? 0)), highestNofile);
    return raised < needed ? undefined : change('robots_nofile', limit ?? 'as inherited', raised);
  },
};
