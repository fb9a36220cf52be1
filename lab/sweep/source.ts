import { readFileSync, statSync } from 'node:fs';
import { type Alias, type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import { messageOf, UsageError } from '../../common/errors.ts';
import { keyOffset, nodeAt, type Path } from './yaml-positions.ts';

/** A YAML file, with the place of everything in it. */
export interface Source {
  path: string;
  value: unknown;
  /** `file:line:column` of the value at a path, or of the nearest thing around it that is there. */
  where(path: Path): string;
  /** `file:line:column` of a key in the map at a path. */
  whereKey(path: Path, key: string): string;
}

/** A sweep is written by a person; a file above this is something else. */
const MOST_BYTES = 100_000;

/** Reads a YAML file. Throws UsageError, in one line with the place, when it cannot be read or is no YAML. */
export function readSource(path: string): Source {
  const text = readText(path);
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new UsageError(`${at(problem.pos[0])}: ${explain(problem)}`);
    const hidden = hiddenKey(document);
    if (hidden !== undefined) throw new UsageError(`${at(hidden)}: unknown key "__proto__"`);
    return {
      path,
      value: plain(document, path, at),
      where: (place) => at(nodeAt(document, place)?.range?.[0] ?? 0),
      whereKey: (place, key) => at(keyOffset(document, place, key)),
    };
  } catch (error) {
    // Composing and visiting call themselves once a level.
    if (error instanceof RangeError) throw new UsageError(`${path}: nested too deeply`);
    throw error;
  }
}

function readText(path: string): string {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new UsageError(`${path}: is a folder; allowed is a YAML file`);
    // A pipe ends; a device such as /dev/zero may not.
    if (!stat.isFile() && !stat.isFIFO()) throw new UsageError(`${path}: is no file; allowed is a YAML file`);
    if (stat.size > MOST_BYTES) throw new UsageError(`${path}: too large; allowed are ${MOST_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${path}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? messageOf(error)})`}`,
    );
  }
}

function explain({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice; allowed is once';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins; allowed is one';
  if (message.includes('call stack')) return 'nested too deeply';
  return `not YAML: ${message.replace(/\s+/g, ' ').trim()}`;
}

/** The values alone. The library counts aliases, so that a few lines cannot unfold to gigabytes. */
function plain(document: Document.Parsed, path: string, at: (offset: number) => string): unknown {
  const lost = unresolved(document);
  if (lost) {
    const where = at(lost.range?.[0] ?? 0);
    throw new UsageError(
      `${where}: *${lost.source}: no anchor of that name stands before it; allowed: one that does`,
    );
  }
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const bomb = /alias count/i.test(messageOf(error));
    throw new UsageError(
      `${path}: ${bomb ? 'its aliases unfold to far too much' : messageOf(error).replace(/\s+/g, ' ')}`,
    );
  }
}

/** An alias without its anchor: the library tells of it too, but not where it stands. */
function unresolved(document: Document.Parsed): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** `__proto__` is a key like any other in YAML, but not in the objects made of it: there it would vanish unseen. */
function hiddenKey(document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return undefined;
      found = key.range?.[0];
      return visit.BREAK;
    },
  });
  return found;
}
