import { keepCompiled } from '../gateway/compile-cache.ts';

keepCompiled();
// Not at the top: what is loaded there is loaded before the cache is on.
const { main } = await import('./program.ts');
await main(process.argv);
