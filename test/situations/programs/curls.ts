import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** TIMES short requests of curl to URL, MANY at a time, each followed by a pause of EVERY_MS. Prints how many got which status, or which error. */
const { URL: url = '', TIMES, MANY = '1', EVERY_MS = '0' } = process.env;
const told: Record<string, number> = {};
let left = Number(TIMES);

function request(): Promise<string> {
  const flags = '-sk -o /dev/null -m 3 -H Connection:close -w'.split(' ');
  return new Promise((resolve) =>
    execFile('curl', [...flags, '%{http_code}', url], (error, said) =>
      resolve(error ? `curl ${error.code}` : said),
    ),
  );
}

async function one(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const said = await request();
    told[said] = (told[said] ?? 0) + 1;
    await pause(Number(EVERY_MS));
  }
}

await Promise.all(Array.from({ length: Number(MANY) }, one));
console.log(JSON.stringify(told));
