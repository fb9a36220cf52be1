import { defined } from '../../../common/defined.ts';
import { readConntrack, readFileTable } from '../../../system/proc/kernel-tables.ts';
import { type BesideLook, whenChanged } from './beside-look.ts';
import { rarely } from './rarely.ts';

/** A full table stays full for longer. */
const LOOK_MS = 500;

/** Looks at the tables that all of this machine share: tracked connections (those of one's own namespace alone show), and open files. */
export function kernelTables(proc?: string): BesideLook {
  const changed = whenChanged();
  let inside = false;
  const look = rarely(LOOK_MS, () =>
    defined({ conntrack: inside ? readConntrack(proc) : undefined, fileTable: readFileTable(proc) }),
  );
  return (watched) => {
    ({ inside } = watched);
    return changed(look());
  };
}
