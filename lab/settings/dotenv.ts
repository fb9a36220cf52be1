import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { UsageError } from '../errors.ts';
import { fromEnvironment, type GivenSettings, settingName } from './sources.ts';

const LINE = /^\s*(?:#.*)?$|^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=/;

/** Names that a .env may hold besides settings: they belong to the tools that read the same file. */
const OTHERS = /^(COMPOSE|DOCKER|TESTCONTAINERS|RESETLAB|LAB)_|^(HOST|RUNTIME|DRIVER|TARGET|TRACE)/;

/**
 * Settings of a .env file; none where there is no file. Throws UsageError with the line number for a line that is
 * not NAME=value, for quotes left open and for a name that is no setting. `name` stands for the file in error lines.
 */
export function fromDotenv(path: string, name = path): GivenSettings {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new UsageError(`${name}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const where = `${name}:${index + 1}`;
    const match = LINE.exec(line);
    if (match === null) throw new UsageError(`${where}: "${line.trim()}" is not NAME=value or a # comment`);
    const value = line.slice(line.indexOf('=') + 1).trim();
    const quote = /^["']/.exec(value)?.[0];
    if (quote && value.indexOf(quote, 1) < 0)
      throw new UsageError(`${where}: the quote ${quote} is not closed`);
    if (match[1] !== undefined && !OTHERS.test(match[1])) settingName(match[1], where);
  }
  return fromEnvironment(parseEnv(text), name);
}
