import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { fromDotenv } from './dotenv.ts';
import type { GivenSettings } from './setting-sources.ts';

const FOLDER = join(PROJECT_ROOT, 'lab/settings/profiles');
const ENDING = '.env';

/** A named set of settings, and where its values come from, in a file that `docker compose --env-file` reads too. */
export interface Profile {
  name: string;
  /** The first line of its file. */
  about: string;
  settings: GivenSettings;
}

/** The names of all profiles, in alphabetical order. */
export function profileNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
}

/** The profile of that name. Throws UsageError with the allowed names for any other. */
export function readProfile(name: string): Profile {
  const names = profileNames();
  if (!names.includes(name)) throw new UsageError(`--profile ${name}: allowed: ${names.join(', ')}`);
  const path = join(FOLDER, name + ENDING);
  const [first = ''] = readFileSync(path, 'utf8').split('\n');
  return { name, about: first.replace(/^#\s*/, ''), settings: fromDotenv(path, `profile ${name}`) };
}
