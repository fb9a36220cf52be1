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
    items.push(counterItem(facts, damaged, (growth) => `${count(growth, 'segment')} arrived damaged`));
    if (facts.darwin === undefined)
      items.push(
        counterItem(facts, 'TcpExt TCPSynRetrans', (growth) => `${growth} SYN or SYN-ACK sent again`),
      );
    const { lost } = facts.path;
    if (lost === 0) return byClaims(claimed, items);
    if (!explainsAll(facts) && lost >= A_PART * timeOuts(facts)) {
      const says = `${count(timeOuts(facts), 'user')} timed out, but only ${count(lost, 'frame')} were lost on their way`;
      return contributing([...items, item('robots', 'timed out', 0, timeOuts(facts), says)]);
    }
    if (claimed === 0) {
      const says = 'a lost packet is sent again: users wait or time out, but are never reset by it';
      items.push(item('robots', 'timed out', 0, timeOuts(facts), says));
    }
    return byRest(claimed, items, 'users that timed out');
  },
  signs(facts) {
    if (facts.interfaces.length === 0)
      return uncounted(undecided([unread('interfaces', 'errors and drops')]));
    const items = facts.interfaces.map((one) => interfaceItem(one, facts));
    if (facts.path.lost === 0) return byCount(0, items);
    const says = 'a lost packet is sent again: only users know whether they waited too long for it';
    return uncounted(undecided([...items, item('robots', 'users', null, null, says)]));
  },
};

/** Frames were lost for this part of the time-outs, before the cause is called contributing. If lower, the few that a busy loopback drops are accused. */
const A_PART = 0.1;

const timedOut = ({ outcome }: UserLine) => outcome === 'timeout';

const timeOuts = once(({ failed }: Facts) => failed.filter(timedOut).length);

/** Each user that timed out by this cause lost one frame at least. With fewer lost frames than time-outs, nobody knows whose they were. */
function explainsAll(facts: Facts): boolean {
  return facts.path.lost > 0 && facts.path.lost >= timeOuts(facts);
}

function interfaceItem({ name, errors, drops, packets }: Facts['interfaces'][number], { path }: Facts): Item {
  const beside = path.over.includes(name) ? '' : ', and no user is known to have used this interface';
  const says = `${count(errors, 'error')} and ${count(drops, 'drop')} in ${count(packets, 'packet')}${beside}`;
  return item('interfaces', `${name} errors + drops`, 0, errors + drops, says);
}
