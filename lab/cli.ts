import { tooOld } from '../common/oldest-node.ts';
import { keepCompiled } from '../system/compile-cache.ts';

// Before the rest is loaded, which an older Node cannot even parse (`using`).
const reason = tooOld(process.version);
if (reason === undefined) {
  keepCompiled();
  // Not at the top: what is loaded there is loaded before the cache is on.
  const { main } = await import('./program.ts');
  await main(process.argv);
} else {
  process.stderr.write(`lab: ${reason}\n`);
  process.exitCode = 3;
}
