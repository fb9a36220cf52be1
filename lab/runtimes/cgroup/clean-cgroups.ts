import { readdirSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf } from '../../../common/errors.ts';
import { cgroupOf } from '../../../system/cgroup.ts';
import { type Cleaned, type Failure, sortOut } from '../cleaned.ts';
import { parseLabel } from '../label.ts';
import { removeCgroups } from './cgroups.ts';

/**
 * Removes the cgroups whose name is the label of a lab that is gone, with `force` also of one that may be; one that holds a
 * process stays. Gives their folders.
 */
export async function cleanCgroups(force: boolean): Promise<Cleaned> {
  const tops = new Set((['cpu', 'memory'] as const).flatMap((controller) => cgroupOf(controller)?.top ?? []));
  const { due, left } = sortOut([...tops].flatMap(labelled), (folder) => basename(folder), force);
  const removed = await removeCgroups(due);
  return { removed, left, failed: due.filter((folder) => !removed.includes(folder)).flatMap(whyNot) };
}

/** None when it has gone meanwhile. */
function whyNot(folder: string): Failure[] {
  try {
    rmdirSync(folder);
    return [];
  } catch (error) {
    // The path is in the message once more, after a comma.
    const [why = ''] = messageOf(error).split(',');
    return why.startsWith('ENOENT') ? [] : [{ name: folder, why }];
  }
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
