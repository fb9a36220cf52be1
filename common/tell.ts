import { inspect } from 'node:util';
import { NAME } from './called.ts';
import { Debug } from './debug.ts';
import { foreseen, isAbort } from './errors.ts';

const debug = new Debug('lab');

/** Exit code of a fault of ours (EX_SOFTWARE of sysexits.h). */
export const FAULT = 70;

/** Where it is reported; an address goes here. */
const REPORT =
  'this is a fault of resetlab, not of the command or the machine: please report it with the lines above, the command and `node --version`';

/** Says on stderr what went wrong: in one line what was foreseen, else with the stack and where to report it. Gives the exit code. */
export function tell(error: unknown, by = NAME): number {
  const known = foreseen(error);
  if (known === undefined) {
    process.stderr.write(`${by}: ${inspect(error)}\n${by}: ${REPORT}\n`);
    return FAULT;
  }
  process.stderr.write(`${by}: ${known.message}\n`);
  debug.say('exit code %d: %s', known.exitCode, debug.on ? inspect(error) : '');
  return known.exitCode;
}

/** Tells faults as they come; the exit code at the end is theirs. For work that goes on without what failed. */
export class Faults {
  #any = false;

  /** Tells what nobody foresaw; of the rest the result says why already. */
  readonly note = (error: unknown): void => {
    if (isAbort(error) || foreseen(error) !== undefined) return;
    tell(error);
    this.#any = true;
  };

  /** The exit code of the whole, `otherwise` without a fault. */
  code(otherwise: number): number {
    return this.#any ? FAULT : otherwise;
  }
}
