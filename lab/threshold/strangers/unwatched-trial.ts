import { loadServer } from '../../beside/load-server.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { countOf } from '../../evidence/packed-lines.ts';
import type { Place } from '../../evidence/server-place.ts';
import { slowConnects } from '../../facts/user-groups.ts';
import type { Load } from '../../target/server-load.ts';
import type { Pace } from '../search.ts';
import type { Failure } from '../user-trial.ts';
import { loaded, type ServerTrial } from './server-trial.ts';

/** Robots come from this machine. */
const HERE: Place = { how: 'port', enter: [], prefix: '' };

/** Loads a server of another machine once: what becomes of its users is all that is known. */
export async function runUnwatchedTrial(
  { address, port, label }: { address: string; port: number; label: string },
  load: Load,
  { pace, failure, signal }: { pace: Pace; failure: Failure; signal: AbortSignal },
  evidence: Evidence,
): Promise<ServerTrial> {
  await loadServer(HERE, load, evidence, { label, signal, address, port });
  signal.throwIfAborted();
  const { users } = evidence.fleet;
  const stayed = countOf(users, ({ outcome }) => outcome === 'open');
  const open = failure === 'failed' ? stayed : Math.max(0, stayed - (slowConnects(users) ?? 0));
  return loaded(load, open, pace, evidence);
}
