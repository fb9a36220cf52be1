import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Facts } from '../facts/facts.ts';
import { byRest, type Cause, counterItem, item, type Judgement } from './shared/cause.ts';
import { signsOfLostPackets } from './shared/signs.ts';

export const loopbackInterface: Cause = {
  id: 'loopback-interface',
  title: 'the network interface drops or damages packets',
  toldBy: 'inferred',
  looksLike: 'errors or drops of an interface, and users that timed out',
  claims(user: UserLine, facts: Facts): boolean {
    return lost(facts) > 0 && timedOut(user);
  },
  judge(facts: Facts, claimed: number): Judgement {
    if (facts.interfaces.length === 0) {
      const unread = item('/proc/<pid>/net/dev', 'errors and drops', null, null, 'could not be read');
      return { verdict: 'insufficient-data', for: [], against: [unread] };
    }
    const items = facts.interfaces.map(({ name, errors, drops, packets }) =>
      item(
        '/proc/<pid>/net/dev',
        `${name} errors + drops`,
        0,
        errors + drops,
        `${errors} errors and ${drops} drops in ${packets} packets`,
      ),
    );
    const damaged = facts.darwin ? 'darwin tcp discarded for bad checksums' : 'Tcp InCsumErrors';
    items.push(counterItem(facts, damaged, (growth) => `${growth} segments arrived damaged`));
    if (facts.darwin === undefined)
      items.push(
        counterItem(facts, 'TcpExt TCPSynRetrans', (growth) => `${growth} SYN or SYN-ACK sent again`),
      );
    if (claimed === 0 && lost(facts) > 0) {
      const says = 'a lost packet is sent again: it makes a user wait or time out, it never resets one';
      items.push(item('robots', 'timed out', 0, facts.failed.filter(timedOut).length, says));
    }
    return byRest(claimed, items, lost(facts) > 0 ? 'users that timed out' : undefined);
  },
  signs: signsOfLostPackets,
};

const timedOut = (user: UserLine) => user.outcome === 'timeout';

/** Packets that the interfaces say they lost. */
function lost(facts: Facts): number {
  return facts.interfaces.reduce((sum, { errors, drops }) => sum + errors + drops, 0);
}
