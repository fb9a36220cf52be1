/** `npm run settings`: writes what is made from protocol/settings.ts, and says which files it changed. */
import { writeFileSync } from 'node:fs';
import { madeFiles } from './settings/made-files.ts';

for (const { name, path, stale, text } of madeFiles()) {
  if (stale) writeFileSync(path, text);
  console.log(`${name}: ${stale ? 'written' : 'as it should be'}`);
}
