import { count } from '../../common/format.ts';
import type { Outcome } from '../../protocol/fleet-events.ts';
import {
  byClaims,
  type Cause,
  change,
  contributing,
  counterItem,
  expecting,
  type Facts,
  type Item,
  item,
  undecided,
} from './shared/cause.ts';

type Proxy = NonNullable<Facts['proxy']>;

/** The ways in which a user fails without the proxy. */
const WITHOUT_IT: readonly Outcome[] = ['refused', 'reset', 'eof', 'timeout'];

export const publishedPort: Cause = {
  id: 'published-port',
  title:
    "docker's proxy of a published port accepts for the gateway, and reaches its own limit of descriptors",
  toldBy: 'kernel',
  looksLike: 'a proxy that no longer listens, in front of a server that does',
  only: { runtimes: ['docker'], why: "only docker's engine puts a proxy in front of a port" },
  scenario: { via: 'published', proxy_nofile: 128, users: 100, ramp: '1s', rounds: 0 },
  claims: (user, { proxy, gateway }) =>
    proxy?.listening === false && gateway.exit === undefined && WITHOUT_IT.includes(user.outcome),
  judge(facts, claimed) {
    const { proxy, failed } = facts;
    if (proxy === undefined) {
      const direct = item(
        'settings',
        'via',
        null,
        'direct',
        'no proxy: users connected to the server directly',
      );
      return byClaims(0, [direct]);
    }
    const items = [listeningItem(proxy), descriptorsItem(proxy), arrivedItem(facts, proxy)];
    if (failed.length > 0 && proxy.listening === undefined) return undecided(items);
    // The proxy told users that they are connected before the gateway was.
    const hidden = claimed === 0 && failed.length > 0 && proxy.connected > (proxy.arrived ?? proxy.connected);
    return hidden ? contributing(items) : byClaims(claimed, items);
  },
  fix: () => change('via', 'published', 'direct'),
};

function listeningItem({ listening }: Proxy): Item {
  const says =
    listening === undefined
      ? 'no process of the proxy was found on this machine'
      : listening
        ? 'the proxy listened to the end'
        : 'the proxy stopped listening for good, since accept(2) failed (moby cmd/docker-proxy, TCPProxy.Run)';
  return expecting(
    item('published port', 'published port', 'LISTEN', listening === false ? 'gone' : 'LISTEN', says),
    'the proxy listens as long as the container runs',
  );
}

function descriptorsItem({ limit, atRest, peak }: Proxy): Item {
  const says =
    peak === undefined || limit === undefined
      ? 'could not be read'
      : `at most ${peak} of ${limit} descriptors of the proxy in use, up to six for each user (two sockets, two pipes)`;
  return item('descriptors of the proxy', 'descriptors', atRest ?? null, peak ?? null, says, limit);
}

function arrivedItem(facts: Facts, { connected }: Proxy): Item {
  return expecting(
    counterItem(
      facts,
      'Tcp PassiveOpens',
      (growth) => `${count(connected, 'user')} connected, ${growth} of them reached the gateway's kernel`,
    ),
    `all ${connected} would have reached the gateway's kernel`,
  );
}
