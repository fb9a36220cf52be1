import { count } from '../../../common/format.ts';
import { isNear } from '../../facts/part-ends.ts';
import { isAsItWent } from '../../facts/server.ts';
import { WITH_THE_END_MS } from '../../facts/worker-ends.ts';
import { byCount, type Facts, type Item, item, type Signs, uncounted, undecided } from './cause.ts';
import { clockItems } from './clock-signs.ts';
import { ledgerItem, untoldItem } from './ledger-items.ts';

/** One or two RSTs may answer a farewell to a server that had closed. If higher, a race that few users lost is missed. */
const FEW = 3;

/**
 * What the kernel alone shows of requests that met a close under way: the server had answered, was silent, closed in order, and answered
 * what arrived then with an RST. A close_notify of TLS is answered so as well, where the server closed without one.
 */
export function signsOfRace(facts: Facts): Signs {
  const { connections, outside } = facts;
  if (outside === undefined || connections === undefined)
    return uncounted(undecided(outside ? [untoldItem(outside)] : []));
  const { plain } = connections.clocks;
  const raced = connections.clocks.raced.filter((at) => !isOfAnEnd(facts, at)).length;
  const items = [racedItem(raced, plain), ...clockItems(facts, 'silence'), ledgerItem(facts)];
  // Without the trace nobody sees an RST that was sent after a socket's end.
  const isSeen = connections.by.includes('tracefs');
  const closed = connections.heldEnds.length > 0 || facts.failed.length > 0;
  // These connections ended in order: none of them is among the ends that failed.
  if (raced >= FEW && plain) return { ...byCount(raced, items), ends: [] };
  return raced > 0 || (closed && !isSeen) ? uncounted(undecided(items)) : byCount(0, items);
}

/** The server, its listener or one of its processes ended just then, and took many connections with it: no clock did that. */
function isOfAnEnd({ gateway: { exit }, restarts, outside }: Facts, at: number): boolean {
  if (exit && at >= exit.at - WITH_THE_END_MS) return true;
  return isAsItWent(restarts.outages, at) || (outside?.partEnds.some((part) => isNear(at, part)) ?? false);
}

function racedItem(raced: number, plain: boolean): Item {
  const may = plain ? '' : ': a request, or a close_notify of TLS, which harms nobody';
  const says =
    raced === 0
      ? 'no client is known to have sent anything after the server had closed'
      : `the server closed ${count(raced, 'connection')} in order, and answered what arrived then with RST${may}`;
  return item('ledger with tracefs', 'RST to what came after the close', 0, raced, says);
}
