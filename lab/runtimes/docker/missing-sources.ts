import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';

/** Why no image can be made from here; undefined where one can. In its own image the lab has its code, and no Dockerfile. */
export function missingSources(): string | undefined {
  if (existsSync(join(PROJECT_ROOT, 'Dockerfile'))) return undefined;
  return 'the lab in its own image has no sources to build the image of its parts from; run it outside of a container';
}
