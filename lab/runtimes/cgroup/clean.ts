import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ownCgroup } from '../../../gateway/cgroup.ts';
import { isAlive } from '../label.ts';
import { removeCgroups } from './cgroup.ts';

const LABEL = /^resetlab\.\d+\.\d+\.\d+$/;

/** Removes the cgroups whose name is the label of a lab that is gone, and that hold no process. Gives their folders. */
export function cleanCgroups(): Promise<string[]> {
  const tops = new Set(
    (['cpu', 'memory'] as const).flatMap((controller) => ownCgroup(controller)?.top ?? []),
  );
  return removeCgroups([...tops].flatMap(labelled).filter((folder) => !isAlive(nameOf(folder))));
}

const nameOf = (folder: string) => folder.slice(folder.lastIndexOf('/') + 1);

/** Below a folder of a cgroup hierarchy, those with the name of a label. Folders may go while they are looked at. */
function labelled(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => (LABEL.test(name) ? [join(folder, name)] : labelled(join(folder, name))));
  } catch {
    return [];
  }
}
