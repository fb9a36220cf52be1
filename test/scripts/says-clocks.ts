import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'resetlab-test-'));
const file = openSync(join(folder, 'new'), 'w');
console.log(
  JSON.stringify({
    now: Date.now(),
    made: Date.parse(new Date().toISOString()),
    text: Date.parse(Date()),
    origin: performance.timeOrigin + performance.now(),
    written: fstatSync(file).mtimeMs,
    child: Number(execFileSync(process.execPath, ['-p', 'Date.now()'], { encoding: 'utf8' })),
  }),
);
closeSync(file);
rmSync(folder, { recursive: true });
