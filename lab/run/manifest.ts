import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { readJson } from './read-json.ts';

/** The form of a folder whose evidence can be judged again. Folders of earlier versions have none. */
export const FORM = 1;

/** What every folder that can be judged again says of itself from its beginning. */
export interface Manifest extends Pick<Evidence, 'host' | 'driver' | 'asked'> {
  form: typeof FORM;
  kind: 'run' | 'diagnose';
  /** False until all is measured and judged, and for what was interrupted. */
  complete: boolean;
  name: string;
  runtime: Evidence['runtime'];
  /** Absent: it was killed before that was known. */
  exclusive?: boolean;
  /** The folder, as it was named when it was made. */
  path: string;
}

/** The manifest of a folder that can be judged again; undefined: there is none, or an earlier version made it. Throws UsageError. */
export function readManifest(folder: string): Manifest | undefined {
  const path = join(folder, 'manifest.json');
  const manifest = readJson(path, { missing: undefined }) as Partial<Manifest> | null | undefined;
  if (manifest?.form === undefined) return undefined;
  if (manifest.form !== FORM)
    throw new UsageError(`${path}: form ${JSON.stringify(manifest.form)}; allowed: ${FORM}`);
  return manifest as Manifest;
}

/** How the folder is named in its document: as it was when it was made, unless it was moved since. */
export function pathOf(folder: string, { path }: Pick<Manifest, 'path'>): string {
  const here = realpathSync(folder);
  try {
    return realpathSync(path) === here ? path : here;
  } catch {
    return here;
  }
}
