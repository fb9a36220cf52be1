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

/** How a user fails for want of a proxy. */
const WITHOUT_IT: readonly Outcome[] = ['refused', 'reset', 'eof', 'timeout'];

export const publishedPort: Cause = {
  id: 'published-port',
  title: "docker's proxy of a published port: it has limits of its own, and accepts for the gateway",
  toldBy: 'kernel',
  looksLike: 'a proxy that listens no more, before a server that does',
  only: { runtimes: ['docker'], why: "only docker's engine puts a proxy before a port" },
  scenario: { via: 'published', proxy_nofile: 128, users: 100, ramp: '1s', rounds: 0 },
  claims: (user, { proxy, gateway }) =>
    proxy?.listening === false && gateway.exit === undefined && WITHOUT_IT.includes(user.outcome),
  judge(facts, claimed) {
    const { proxy, failed } = facts;
    if (proxy === undefined) {
      const direct = item('settings', 'via', null, 'direct', 'no proxy: the users came to the server itself');
      return byClaims(0, [direct]);
    }
    const items = [listeningItem(proxy), descriptorsItem(proxy), arrivedItem(facts, proxy)];
    if (failed.length > 0 && proxy.listening === undefined) return undecided(items);
    // They were told that they are connected, by somebody who was not.
    const hidden = claimed === 0 && failed.length > 0 && proxy.connected > (proxy.arrived ?? proxy.connected);
    return hidden ? contributing(items) : byClaims(claimed, items);
  },
  fix: () => change('via', 'published', 'direct'),
};

function listeningItem({ listening }: Proxy): Item {
  const says =
    listening === undefined
      ? 'the proxy is no process of this machine'
      : listening
        ? 'the proxy listened to the end'
        : 'the proxy stopped listening, as it does for good when accept(2) fails (moby cmd/docker-proxy, TCPProxy.Run)';
  return expecting(
    item('published port', 'published port', 'LISTEN', listening === false ? 'gone' : 'LISTEN', says),
    'the port is there as long as the container',
  );
}

function descriptorsItem({ limit, atRest, peak }: Proxy): Item {
  const says =
    peak === undefined || limit === undefined
      ? 'could not be read'
      : `at most ${peak} of ${limit} seen in use, which are up to six a user: two sockets, and two pipes to copy through`;
  return item('descriptors of the proxy', 'descriptors', atRest ?? null, peak ?? null, says, limit);
}

function arrivedItem(facts: Facts, { connected }: Proxy): Item {
  return expecting(
    counterItem(
      facts,
      'Tcp PassiveOpens',
      (growth) => `${count(connected, 'user')} connected, ${growth} of them reached the gateway's kernel`,
    ),
    `the gateway's kernel would have let in all ${connected}`,
  );
}
