/** `npm run schemas`: writes docs/schemas from lab/schemas, and says which files it changed. */
import { rmSync, writeFileSync } from 'node:fs';
import { madeSchemas, strangeSchemas } from './schemas/made-schemas.ts';

for (const { name, path, stale, text } of madeSchemas()) {
  if (stale) writeFileSync(path, text);
  console.log(`${name}: ${stale ? 'written' : 'as it should be'}`);
}
for (const path of strangeSchemas()) {
  rmSync(path);
  console.log(`${path}: removed, no document has it`);
}
