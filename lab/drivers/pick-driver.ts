import { UsageError } from '../../common/errors.ts';
import type { Driver } from './driver.ts';
import { k6 } from './k6-driver.ts';
import { robots } from './robots-driver.ts';

/**
 * The driver of that name, with what stood after `--` on the command line, which is k6's. Throws UsageError for an unknown name
 * and for arguments that nobody takes.
 */
export function pickDriver(name: string, args: readonly string[] = []): Driver {
  if (name === 'k6') return k6(args);
  if (name !== robots.name) throw new UsageError(`--driver ${name}: allowed: robots, k6`);
  if (args.length > 0)
    throw new UsageError(
      `-- ${args.join(' ')}: the driver robots takes no arguments; allowed: with --driver k6`,
    );
  return robots;
}

/** What stands after `--` on a command line, and the rest of it. */
export function splitArguments(argv: readonly string[]): { own: string[]; passed: string[] } {
  const at = argv.indexOf('--');
  return at < 0 ? { own: [...argv], passed: [] } : { own: argv.slice(0, at), passed: argv.slice(at + 1) };
}
