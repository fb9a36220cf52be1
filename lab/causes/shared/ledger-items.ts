import { count } from '../../../common/format.ts';
import type { Fate } from '../../facts/connection-fate.ts';
import type { OutsideFacts } from '../../facts/facts.ts';
import { type Facts, type Item, item } from './cause.ts';

/** How the ends of connections are put. */
const WORDS: Readonly<Partial<Record<Fate, string>>> = {
  reset: 'reset by the server',
  'reset or left': 'reset by the server, some of them may have left before',
  'never accepted': 'ended in the accept queue, never accepted',
  'turned away': 'closed by the server at once, without a byte',
  'told and closed': 'closed by the server at once, after a word of its own',
  unanswered: 'closed by the server without an answer',
  expired: 'closed by the server later, and nobody had sent anything',
  served: 'closed by the server after both had spoken',
  left: 'ended by the client first',
  untold: 'ended, by whom is not known',
};

/** The ends of the server's connections in words, the failures first; none of those that nothing happened to. */
export function endsInWords(fates: Readonly<Partial<Record<Fate, number>>>): string[] {
  return Object.entries(WORDS).flatMap(([fate, words]) => {
    const number = fates[fate as Fate] ?? 0;
    return number > 0 ? [`${number} ${words}`] : [];
  });
}

/** What the connections themselves tell: how many came, and how they ended. */
export function ledgerItem({ connections }: Facts): Item {
  if (connections === undefined) return item('ledger', 'connections', null, null, 'nobody told of them');
  const { came, fates, by, lost } = connections;
  const ends = endsInWords(fates);
  const missed = lost > 0 ? `; ${count(lost, 'line')} lost, so there may be more` : '';
  const says = `${count(came, 'connection')} came${ends.length > 0 ? `; ${ends.join(', ')}` : ''}${missed}`;
  return item(by.includes('tracefs') ? 'ledger with tracefs' : 'ledger', 'connections', 0, came, says);
}

/** Where nobody told of single connections: the RSTs of all that live beside it are background, and no evidence. */
export function untoldItem({ resetsAround }: OutsideFacts): Item {
  const around =
    resetsAround === undefined
      ? ''
      : `; ${resetsAround} RST were sent in its network namespace, by whom is not known`;
  return item('ledger', 'connections', null, null, `nobody told of single connections${around}`);
}
