import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Prints the outputs `cause` and `threshold` of action.yml for the folder of a run, as lines of GITHUB_OUTPUT. For whatever Node the
 * runner has: it runs beside the image as well.
 */
const folder = process.argv[2];

/** The document that the verb left there. */
function read() {
  for (const name of ['verdict.json', 'threshold.json', 'sweep.json', 'compare.json'])
    if (existsSync(join(folder, name))) return JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return {};
}

const { verdicts, threshold, points, complete } = read();

if (Array.isArray(verdicts)) {
  const named = verdicts.filter(({ verdict }) => ['confirmed', 'unknown'].includes(verdict));
  // Of what was cut short, nobody knows that there was none.
  const none = complete ? 'none' : '';
  console.log(`cause=${named.map(({ cause }) => cause).join(',') || none}`);
}

const measured = (points ?? [threshold]).map((point) => point?.measured).filter((number) => typeof number === 'number');
if (measured.length > 0) console.log(`threshold=${Math.min(...measured)}`);
