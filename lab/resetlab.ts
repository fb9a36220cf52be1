#!/usr/bin/env node
import { tooOld } from '../common/oldest-node.ts';

/**
 * The command of the published package. An older Node must be able to read it, with all that is imported above: it says there what is
 * needed. Without a verb it runs the reported case, with the flags that were given.
 */
const REPORTED = ['run', 'fd-exhaustion'];
/** Flags that ask for no run. */
const ASKING = ['--help', '-h', '--version', '-V'];

const reason = tooOld(process.version);
if (reason === undefined) {
  const [first] = process.argv.slice(2);
  if (first === undefined || (first.startsWith('-') && !ASKING.includes(first)))
    process.argv.splice(2, 0, ...REPORTED);
  await import('./cli.ts');
} else {
  process.stderr.write(`resetlab: ${reason}\n`);
  process.exitCode = 3;
}
