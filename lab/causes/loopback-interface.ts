import {
  byClaims,
  byCount,
  byRest,
  type Cause,
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
  claims: (user, facts) => lost(facts) > 0 && timedOut(user),
  judge(facts, claimed) {
    if (facts.interfaces.length === 0) return undecided([unread('interfaces', 'errors and drops')]);
    const items = facts.interfaces.map(interfaceItem);
    const damaged = facts.darwin ? 'darwin tcp discarded for bad checksums' : 'Tcp InCsumErrors';
    items.push(counterItem(facts, damaged, (growth) => `${growth} segments arrived damaged`));
    if (facts.darwin === undefined)
      items.push(
        counterItem(facts, 'TcpExt TCPSynRetrans', (growth) => `${growth} SYN or SYN-ACK sent again`),
      );
    if (lost(facts) === 0) return byClaims(claimed, items);
    if (claimed === 0) {
      const says = 'a lost packet is sent again: it makes a user wait or time out, it never resets one';
      items.push(item('robots', 'timed out', 0, facts.failed.filter(timedOut).length, says));
    }
    return byRest(claimed, items, 'users that timed out');
  },
  signs(facts) {
    if (facts.interfaces.length === 0)
      return uncounted(undecided([unread('interfaces', 'errors and drops')]));
    const items = facts.interfaces.map(interfaceItem);
    if (lost(facts) === 0) return byCount(0, items);
    const says = 'a lost packet is sent again: whether anybody waited too long for it only users can tell';
    return uncounted(undecided([...items, item('robots', 'users', null, null, says)]));
  },
};

const timedOut = ({ outcome }: UserLine) => outcome === 'timeout';

/** Packets that the interfaces say they lost. */
function lost({ interfaces }: Facts): number {
  return interfaces.reduce((sum, { errors, drops }) => sum + errors + drops, 0);
}

function interfaceItem({ name, errors, drops, packets }: Facts['interfaces'][number]): Item {
  const says = `${errors} errors and ${drops} drops in ${packets} packets`;
  return item('interfaces', `${name} errors + drops`, 0, errors + drops, says);
}
