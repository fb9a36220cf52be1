import { count } from '../../common/format.ts';
import type { ServerState } from '../../protocol/observer-events.ts';
import { endsInWords } from '../causes/shared/ledger-items.ts';
import type { Facts } from '../facts/facts.ts';
import { FORSAKEN_MS } from '../facts/server.ts';

/** More ports than this are not named one by one. */
const NAMED = 6;

/** What else is in the server's network namespace, and how much of its counters is this server's: one line. */
export function scopeOf(
  { connections, outside }: Facts,
  { port, others }: Pick<ServerState, 'port' | 'others'>,
): string {
  const around = outside?.resetsAround;
  const own = connections?.resets ?? 0;
  const background =
    around === undefined
      ? ''
      : `; of ${around} RST sent there ${connections ? `${own} were on its connections` : 'none is attributed to it'}`;
  if (others === undefined) return `port ${port} alone is judged${background}`;
  if (others.length === 0) return `port ${port}: nobody else listens in its network namespace${background}`;
  const named = others.slice(0, NAMED).join(', ') + (others.length > NAMED ? ', …' : '');
  return `port ${port} alone is judged; ${count(others.length, 'other port')} in its network namespace (${named}) and their clients are background${background}`;
}

/** How the connections of the server ended, in words. */
export function seenOf(facts: Facts): string[] {
  const { connections, outside } = facts;
  const stuck = outside?.stuck ?? 0;
  return [
    ...(connections ? endsInWords(connections.fates) : []),
    ...(stuck > 0 ? [`${stuck} stayed in the accept queue, and were not accepted`] : []),
    ...queuedInWords(facts),
    ...(connections && connections.lost > 0
      ? [`${count(connections.lost, 'line')} about connections lost`]
      : []),
  ];
}

/** Connections that were left in the accept queue; those of `stuck` are counted already. */
function queuedInWords({ connections, outside }: Facts): string[] {
  const { gaveUp = 0, waiting = 0 } = connections?.queued ?? {};
  const { stuck = 0, forsaken = 0 } = outside ?? {};
  if (stuck > 0) return [];
  return [
    ...(forsaken > 0
      ? [
          `${forsaken} in the accept queue for the last ${FORSAKEN_MS / 1000} s and longer: nobody was accepted`,
        ]
      : []),
    ...(gaveUp > 0
      ? [`${gaveUp} given up by the client after a second or more in the accept queue, never accepted`]
      : []),
    ...(waiting > 0 ? [`${waiting} still in the accept queue at the end, for a second or more`] : []),
  ];
}
