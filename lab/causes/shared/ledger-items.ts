import { count } from '../../../common/format.ts';
import type { Fate } from '../../facts/connection-fate.ts';
import type { OutsideFacts } from '../../facts/facts.ts';
import { type Facts, type Item, item } from './cause.ts';

/** The ends of connections, in words. */
const WORDS: Readonly<Partial<Record<Fate, string>>> = {
  reset: 'reset by the server',
  'reset or left': 'reset by the server, though the client may have left first',
  'never accepted': 'ended in the accept queue, never accepted',
  'turned away': 'closed by the server at once, without a byte',
  'told and closed': 'closed by the server at once, after a message of its own',
  unanswered: 'closed by the server without an answer',
  expired: 'closed by the server later, before anybody sent anything',
  served: 'closed by the server after both sides had sent something',
  left: 'ended by the client first',
  untold: 'ended, nobody knows by whom',
};

/** The ends of the server's connections in words, the failures first; kinds that did not occur are left out. */
export function endsInWords(fates: Readonly<Partial<Record<Fate, number>>>): string[] {
  return Object.entries(WORDS).flatMap(([fate, words]) => {
    const number = fates[fate as Fate] ?? 0;
    return number > 0 ? [`${number} ${words}`] : [];
  });
}

/** What the ledger shows: how many connections arrived, and how they ended. */
export function ledgerItem({ connections }: Facts): Item {
  if (connections === undefined)
    return item('ledger', 'connections', null, null, 'single connections were not recorded');
  const { came, fates, by, lost } = connections;
  const ends = endsInWords(fates);
  const missed = lost > 0 ? `; ${count(lost, 'line')} lost, so there may be more` : '';
  const says = `${count(came, 'connection')} arrived${ends.length > 0 ? `: ${ends.join(', ')}` : ''}${missed}`;
  return item(by.includes('tracefs') ? 'ledger with tracefs' : 'ledger', 'connections', 0, came, says);
}

/** Where single connections were not recorded: the RSTs of the whole namespace are background, and no evidence. */
export function untoldItem({ resetsAround }: OutsideFacts): Item {
  const around =
    resetsAround === undefined
      ? ''
      : `; ${resetsAround} RST sent in the server's network namespace, nobody knows by whom`;
  return item('ledger', 'connections', null, null, `single connections were not recorded${around}`);
}
