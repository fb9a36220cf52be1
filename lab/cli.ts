import { setFlagsFromString } from 'node:v8';
import { NAME } from '../common/called.ts';
import { tooOld } from '../common/oldest-node.ts';
import { keepCompiled } from '../system/compile-cache.ts';

// Before the rest is loaded, which an older Node cannot even parse (`using`).
const reason = tooOld(process.version);
if (reason === undefined) {
  keepCompiled();
  // Not at the top: what is loaded there is loaded before the cache is on.
  const { main } = await import('./program.ts');
  // From here on V8's young generation stays as large as loading has made it. Judging many users it would grow to several times that
  // (deps/v8/src/heap/new-spaces.cc Grow), for lines that are garbage as soon as they are read.
  setFlagsFromString('--semi-space-growth-factor=1');
  await main(process.argv);
} else {
  process.stderr.write(`${NAME}: ${reason}\n`);
  process.exitCode = 3;
}
