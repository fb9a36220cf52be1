import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { retryUntil } from '../../../../common/waiting.ts';
import { removeInstance } from '../../../../system/tracefs/instance.ts';
import { findTracefs } from '../../../../system/tracefs/way-in.ts';
import { type Cleaned, sortOut } from '../../../runtimes/cleaned.ts';
import { parseLabel } from '../../../runtimes/label.ts';

/**
 * Removes the instances whose name is the label of a lab that is gone, and writes to stdout as JSON what it did. The first
 * argument is the name of one to remove as well, or `--force`: those of labs that may be gone.
 */

/** For a reader that has been told to end, or was killed. */
const PATIENCE = { everyMs: 20, forMs: 1000 };

const instances = join(findTracefs(), 'instances');
const [, , word] = process.argv;
const labels = readdirSync(instances).filter((name) => parseLabel(name) !== undefined);
const isOwn = (name: string) => name === word;
const { due, left } = sortOut(
  labels.filter((name) => !isOwn(name)),
  (name) => name,
  word === '--force',
);
const cleaned: Cleaned = { removed: [], left, failed: [] };
for (const name of [...due, ...labels.filter(isOwn)]) {
  if (await retryUntil(() => removeInstance(join(instances, name)) || undefined, PATIENCE))
    cleaned.removed.push(name);
  else cleaned.failed.push({ name, why: 'it is in use' });
}
process.stdout.write(JSON.stringify(cleaned));
