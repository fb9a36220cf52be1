import { count } from '../../common/format.ts';
import {
  byClaims,
  type Cause,
  change,
  expecting,
  type Facts,
  type Item,
  item,
  serverWord,
  uncounted,
  undecided,
} from './shared/cause.ts';
import { judgeOwnLimit } from './shared/robots-own.ts';
import { connectItems, failedFor, placesOf, upstreamSigns } from './shared/upstream-items.ts';

/** Below are the well-known ports of services; above there are no ports. */
const WIDEST = { first: 1024, last: 65_535 };

export const ephemeralPorts: Cause = {
  id: 'ephemeral-ports',
  title:
    'the load generator, or the server towards its upstream, has no local port left to connect from (EADDRNOTAVAIL)',
  toldBy: 'robots',
  looksLike: 'EADDRNOTAVAIL from robots, or from the server towards its upstream',
  under: 'robots-limit',
  standsAlone: (facts) => isOfTheServer(facts),
  scenario: { ip_local_port_range: '40000-40199', users: 300, rounds: 0 },
  claims: (user, { upstream }) => user.outcome === 'no-port' || upstream?.wantOf(user) === 'port',
  judge(facts, claimed) {
    const ofServer = failedFor(facts, 'port');
    const ofRobots = judgeOwnLimit(facts, claimed - ofServer, {
      errno: 'EADDRNOTAVAIL',
      lacks: 'a local port',
      hence: `no packet reached the ${serverWord(facts)}`,
    });
    if (ofServer === 0) return ofRobots;
    const says = `${count(ofServer, 'user')} failed while the server had no local port for them`;
    const users = item('robots', 'failed after it', 0, ofServer, says);
    return byClaims(claimed, [...serverItems(facts), users, ...ofRobots.for]);
  },
  signs(facts) {
    if (isOfTheServer(facts)) return upstreamSigns(facts, 'port', serverItems(facts));
    const says = `the server had local ports left; only clients know about their own: bring robots with --load`;
    const clients = item('robots', 'EADDRNOTAVAIL', null, null, says);
    return uncounted(undecided([...serverItems(facts), clients]));
  },
  fix(facts, settings) {
    const { first, last } = WIDEST;
    const [from, to] = settings.ip_local_port_range ?? [];
    const known = from === undefined || to === undefined ? "the kernel's" : `${from}-${to}`;
    if (last - first + 1 < settings.users || (from === first && to === last)) return undefined;
    return isOfTheServer(facts) ? undefined : change('ip_local_port_range', known, `${first}-${last}`);
  },
};

/** The server lacked a local port, and none of our robots did. */
function isOfTheServer({ upstream, failed }: Facts): boolean {
  if (upstream === undefined) return false;
  const lacked =
    (upstream.connects.EADDRNOTAVAIL ?? 0) > 0 || upstream.full.some(({ kind }) => kind === 'port');
  return lacked && !failed.some(({ outcome }) => outcome === 'no-port');
}

function serverItems(facts: Facts): Item[] {
  const traced = connectItems(facts, 'port').map((one) => expecting(one, 'the server connects'));
  return [...traced, ...portsItem(facts)];
}

function portsItem({ upstream }: Facts): Item[] {
  const full = upstream?.full.filter(({ kind }) => kind === 'port') ?? [];
  const worst = full.toSorted((a, b) => b.peak - a.peak)[0];
  if (worst === undefined) return [];
  const { name, peak, limit } = worst;
  const more = placesOf(full.map((one) => one.name).filter((other) => other !== name));
  const says = `${peak} of ${limit} local ports in use towards ${name}, including those in TIME_WAIT${more && `; also${more}`}`;
  return [item('upstream sockets', 'local ports towards an upstream', 0, peak, says, limit)];
}
