import { count } from '../../common/format.ts';
import { byClaims, type Cause, item, serverWord } from './shared/cause.ts';

export const robotsLimit: Cause = {
  id: 'robots-limit',
  title: 'the load generator has no descriptor, port or time left for its own users',
  toldBy: 'robots',
  looksLike: 'robots without a descriptor or a local port of their own',
  claims: ({ outcome }) => outcome === 'no-fd' || outcome === 'no-port',
  judge(facts, claimed) {
    const { failed, bottlenecks } = facts;
    const number = (outcome: string) => failed.filter((user) => user.outcome === outcome).length;
    const items = [
      item(
        'robots',
        'EMFILE',
        0,
        number('no-fd'),
        number('no-fd') === 0
          ? 'no robot was without a descriptor'
          : `${count(number('no-fd'), 'robot')} without a descriptor: no packet was sent`,
      ),
      item(
        'robots',
        'EADDRNOTAVAIL',
        0,
        number('no-port'),
        number('no-port') === 0
          ? 'no robot was without a local port'
          : `${count(number('no-port'), 'robot')} without a local port: no packet reached the ${serverWord(facts)}`,
      ),
      ...bottlenecks.map((says) => item('robots', 'bottleneck', null, null, says)),
    ];
    return byClaims(claimed, items);
  },
};
