import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../runtimes/label.ts';
import { removeInstance } from './instance.ts';
import { findTracefs } from './place.ts';

/** Removes the instances whose name is the label of a lab that is gone, or the first argument, and writes their names to stdout as JSON. */
const LABEL = /^resetlab\.\d+\.\d+\.\d+$/;
const TRIES = 50;

async function remove(folder: string): Promise<boolean> {
  for (let tries = TRIES; tries > 0; tries -= 1) {
    if (removeInstance(folder)) return true;
    // Its reader has been told to end, or killed.
    await sleep(20);
  }
  return false;
}

const instances = join(findTracefs(), 'instances');
const [, , own] = process.argv;
const gone: string[] = [];
for (const name of readdirSync(instances)) {
  if (LABEL.test(name) && (name === own || !isAlive(name)) && (await remove(join(instances, name))))
    gone.push(name);
}
process.stdout.write(JSON.stringify(gone));
