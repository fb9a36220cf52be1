import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ownCgroup } from '../../../gateway/cgroup.ts';
import { type Cleaned, sortOut } from '../cleaned.ts';
import { parseLabel } from '../label.ts';
import { removeCgroups } from './cgroup.ts';

/**
 * Removes the cgroups whose name is the label of a lab that is gone, with `force` also of one that may be; one that holds a
 * process stays. Gives their folders.
 */
export async function cleanCgroups(force: boolean): Promise<Cleaned> {
  const tops = new Set(
    (['cpu', 'memory'] as const).flatMap((controller) => ownCgroup(controller)?.top ?? []),
  );
  const { due, left } = sortOut([...tops].flatMap(labelled), (folder) => basename(folder), force);
  return { removed: await removeCgroups(due), left };
}

/** Below a folder of a cgroup hierarchy, those with the name of a label. Folders may go while they are looked at. */
function labelled(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => (parseLabel(name) ? [join(folder, name)] : labelled(join(folder, name))));
  } catch {
    return [];
  }
}
