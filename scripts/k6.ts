/** `npm run k6`: says where k6 is; builds it when it is nowhere. Exit code 3 when it cannot be had. */
import { tell } from '../common/tell.ts';
import { ensureK6 } from '../lab/runtimes/docker/stand-in/build-k6.ts';

process.on('uncaughtException', (error) => process.exit(tell(error, 'k6')));
const k6 = await ensureK6();
if ('path' in k6) console.log(`${k6.path} (k6 ${k6.version})`);
else {
  console.error(`k6: ${k6.reason}`);
  process.exitCode = 3;
}
