import { CannotRunError } from '../../common/errors.ts';
import type { Place } from '../evidence/server-place.ts';
import { reasonOf } from '../runtimes/fault.ts';
import { type ProbeFinding, type ProbeLine, type ProbeWords, refusalOf } from '../target/probe-finding.ts';
import { type Load, loadEnvironment } from '../target/server-load.ts';
import type { TargetUrl } from '../target/target-url.ts';
import type { UserCost } from '../target/user-cost.ts';
import { startBeside } from './start-beside.ts';

/** How the users of a server call it. */
export interface NamedServer {
  url: TargetUrl;
  /** How the line of an error begins. */
  where: string;
  /** Where they reach it; absent: it is looked for in its network namespace. */
  address?: string;
}

/** What helps against what a probe finds, by flags. */
const FLAGS: ProbeWords = {
  certificate: '--ca FILE, --servername NAME or --insecure',
  subprotocol: '--subprotocol with one that it speaks, or none',
};

/**
 * Makes a connection to a server as one of its users, from where they will come, before it is watched. Over TLS some more tell what a user
 * costs the server, where that is to be `measured`; undefined: not known.
 * @throws {UsageError} in one line for what a person has to put right: nobody listens, TLS or none, its certificate, the subprotocol
 * @throws {CannotRunError} when no connection can be made from there
 * @throws the reason of an abort
 */
export async function probeServer(
  place: Place,
  { url, where, address = '' }: NamedServer,
  load: Load,
  { label, signal, measured = true }: { label: string; signal: AbortSignal; measured?: boolean },
): Promise<UserCost | undefined> {
  let found: ProbeFinding | undefined;
  const part = await startBeside(
    place,
    {
      role: 'robots',
      module: 'lab/target/probe-main.ts',
      env: { ...loadEnvironment({ ...load, users: 1 }, address, url.port), MEASURED: measured ? '1' : '' },
      onLine: (line) => {
        found = line as ProbeLine;
      },
    },
    label,
    signal,
  );
  const stop = () => void part.signal('SIGTERM');
  signal.addEventListener('abort', stop);
  const ending = await part.ended;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (found === undefined)
    throw new CannotRunError(`${where}: no connection can be made: ${reasonOf(ending)}`);
  const refusal = refusalOf(where, found, url, FLAGS);
  if (refusal) throw refusal;
  return found.is === 'fine' ? found.cost : undefined;
}
