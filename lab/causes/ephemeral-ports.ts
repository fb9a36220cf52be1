import { type Cause, change, serverWord } from './shared/cause.ts';
import { judgeOwnLimit } from './shared/robots-own.ts';

/** Below are the ports that services are known by; above there are none. */
const WIDEST = { first: 1024, last: 65_535 };

export const ephemeralPorts: Cause = {
  id: 'ephemeral-ports',
  title: 'the load generator has no local port left (EADDRNOTAVAIL)',
  toldBy: 'robots',
  looksLike: 'robots that report EADDRNOTAVAIL',
  under: 'robots-limit',
  scenario: { ip_local_port_range: '40000-40199', users: 300, rounds: 0 },
  claims: ({ outcome }) => outcome === 'no-port',
  judge: (facts, claimed) =>
    judgeOwnLimit(facts, claimed, {
      errno: 'EADDRNOTAVAIL',
      lacks: 'a local port',
      hence: `not one packet reached the ${serverWord(facts)}`,
    }),
  fix(_facts, settings) {
    const { first, last } = WIDEST;
    const [from, to] = settings.ip_local_port_range ?? [];
    const known = from === undefined || to === undefined ? "the kernel's" : `${from}-${to}`;
    if (last - first + 1 < settings.users || (from === first && to === last)) return undefined;
    return change('ip_local_port_range', known, `${first}-${last}`);
  },
};
