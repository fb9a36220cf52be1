import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { UsageError } from '../../common/errors.ts';
import { fromEnvironment, type GivenSettings, settingName } from './setting-sources.ts';

const LINE = /^\s*(?:#.*)?$|^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/;

/** Names that a .env may hold besides settings: they belong to the tools that read the same file. */
const OTHERS = /^(COMPOSE|DOCKER|TESTCONTAINERS|RESETLAB|LAB|NODE)_|^(HOST|RUNTIME|DRIVER|TARGET|TRACE)/;

/**
 * Settings of a .env file; none where there is no file. Throws UsageError with the line number for a line that is
 * not NAME=value, for quotes left open and for a name that is no setting, or is one in small letters: compose, which
 * reads the same file, would pass over it. A setting's place is its line, or `origin` where that says more.
 */
export function fromDotenv(path: string, origin?: string): GivenSettings {
  const name = origin ?? path;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new UsageError(
      `${name}: cannot be read (${(error as NodeJS.ErrnoException).code}); allowed: a file that this user may read`,
    );
  }
  const lines = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const where = `${name}:${index + 1}`;
    const match = LINE.exec(line);
    if (match === null) throw new UsageError(`${where}: "${line.trim()}" is not NAME=value or a # comment`);
    const value = line.slice(line.indexOf('=') + 1).trim();
    const quote = /^["']/.exec(value)?.[0];
    if (quote && value.indexOf(quote, 1) < 0)
      throw new UsageError(`${where}: the quote ${quote} is not closed; allowed: ${quote}value${quote}`);
    const [, key] = match;
    if (key === undefined || OTHERS.test(key)) continue;
    const capitals = settingName(key, where).toUpperCase();
    if (key !== capitals)
      throw new UsageError(`${where}: "${key}": names are in capitals here; allowed: ${capitals}`);
    // Of two lines for one name the last wins.
    lines.set(key, where);
  }
  const given = fromEnvironment(parseEnv(text), name);
  if (origin !== undefined) return given;
  for (const [key, one] of Object.entries(given)) one.where = lines.get(key.toUpperCase()) ?? name;
  return given;
}
