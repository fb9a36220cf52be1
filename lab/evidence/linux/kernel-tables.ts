import { defined } from '../../../common/defined.ts';
import { readConntrack, readFileTable } from '../../../system/proc/kernel-tables.ts';
import type { BesideLook } from './beside-look.ts';
import { rarely } from './rarely.ts';

/** A full table stays full for longer. */
const LOOK_MS = 500;

/** Looks at the tables that all of this machine share: tracked connections (those of one's own namespace alone show), and open files. */
export function kernelTables(proc?: string): BesideLook {
  let told = '';
  let inside = false;
  const look = rarely(LOOK_MS, () =>
    defined({ conntrack: inside ? readConntrack(proc) : undefined, fileTable: readFileTable(proc) }),
  );
  return (watched) => {
    ({ inside } = watched);
    const seen = look();
    const text = JSON.stringify(seen);
    if (seen === undefined || text === told) return {};
    told = text;
    return seen;
  };
}
