import { count } from '../../common/format.ts';
import { once } from '../facts/once.ts';
import {
  byClaims,
  byCount,
  byRest,
  type Cause,
  contributing,
  counterItem,
  type Facts,
  type Item,
  item,
  type UserLine,
  uncounted,
  undecided,
  unread,
} from './shared/cause.ts';

export const loopbackInterface: Cause = {
  id: 'loopback-interface',
  title: 'the network interface drops or damages packets',
  toldBy: 'inferred',
  looksLike: 'errors or drops of an interface, and users that timed out',
  claims: (user, facts) => timedOut(user) && explainsAll(facts),
  most: ({ path }) => path.lost,
  judge(facts, claimed) {
    if (facts.interfaces.length === 0) return undecided([unread('interfaces', 'errors and drops')]);
    const items = facts.interfaces.map((one) => interfaceItem(one, facts));
    const damaged = facts.darwin ? 'darwin tcp discarded for bad checksums' : 'Tcp InCsumErrors';
    items.push(counterItem(facts, damaged, (growth) => `${growth} segments arrived damaged`));
    if (facts.darwin === undefined)
      items.push(
        counterItem(facts, 'TcpExt TCPSynRetrans', (growth) => `${growth} SYN or SYN-ACK sent again`),
      );
    const { lost } = facts.path;
    if (lost === 0) return byClaims(claimed, items);
    if (!explainsAll(facts) && lost >= A_PART * timeOuts(facts)) {
      const says = `${count(timeOuts(facts), 'user')} timed out, and ${count(lost, 'frame')} lost on their way: too few for all of them`;
      return contributing([...items, item('robots', 'timed out', 0, timeOuts(facts), says)]);
    }
    if (claimed === 0) {
      const says = 'a lost packet is sent again: it makes a user wait or time out, it never resets one';
      items.push(item('robots', 'timed out', 0, timeOuts(facts), says));
    }
    return byRest(claimed, items, 'users that timed out');
  },
  signs(facts) {
    if (facts.interfaces.length === 0)
      return uncounted(undecided([unread('interfaces', 'errors and drops')]));
    const items = facts.interfaces.map((one) => interfaceItem(one, facts));
    if (facts.path.lost === 0) return byCount(0, items);
    const says = 'a lost packet is sent again: whether anybody waited too long for it only users can tell';
    return uncounted(undecided([...items, item('robots', 'users', null, null, says)]));
  },
};

/** Of those that timed out so many must have lost one, before it is said to have made some of them. Lower, and the few that a busy loopback drops are accused. */
const A_PART = 0.1;

const timedOut = ({ outcome }: UserLine) => outcome === 'timeout';

const timeOuts = once(({ failed }: Facts) => failed.filter(timedOut).length);

/** Whoever timed out by it lost a frame at least: with fewer than users that timed out, whose they were is not known. */
function explainsAll(facts: Facts): boolean {
  return facts.path.lost > 0 && facts.path.lost >= timeOuts(facts);
}

function interfaceItem({ name, errors, drops, packets }: Facts['interfaces'][number], { path }: Facts): Item {
  const beside = path.over.includes(name) ? '' : ', and no user is known to have come over it';
  const says = `${errors} errors and ${drops} drops in ${packets} packets${beside}`;
  return item('interfaces', `${name} errors + drops`, 0, errors + drops, says);
}
