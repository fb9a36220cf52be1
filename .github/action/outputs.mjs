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

const { verdicts, threshold, points, vary, complete } = read();

/** The causes that a document names; undefined: it is of a kind that names none. */
function causes() {
  if (Array.isArray(verdicts))
    return verdicts
      .filter(({ verdict }) => ['confirmed', 'unknown'].includes(verdict))
      .map(({ cause }) => cause);
  // Of a server that is not ours, whose one threshold has a cause.
  if (Array.isArray(points) && vary === null)
    return points.map(({ limitedBy }) => limitedBy).filter((cause) => cause !== 'nothing');
  return undefined;
}

const named = causes();
if (named !== undefined) {
  // Of what was cut short, nobody knows that there was none.
  const none = complete ? 'none' : '';
  console.log(`cause=${named.join(',') || none}`);
}

const measured = (points ?? [threshold])
  .map((point) => point?.measured)
  .filter((number) => typeof number === 'number');
if (measured.length > 0) console.log(`threshold=${Math.min(...measured)}`);
