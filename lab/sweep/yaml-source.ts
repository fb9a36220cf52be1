import { readFileSync, statSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { pageWords } from '../../common/called.ts';
import { messageOf, UsageError } from '../../common/errors.ts';

export type Path = readonly PropertyKey[];

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
    refuseLost(document, at);
    return {
      path,
      value: plain(document, path),
      where: (place) => at(nodeAt(document, place)?.range?.[0] ?? 0),
      whereKey: (place, key) => at(keyOffset(document, place, key)),
    };
  } catch (error) {
    // Composing and visiting call themselves once a level.
    if (error instanceof RangeError)
      throw new UsageError(
        `${path}: nested too deeply; allowed: the levels that ${pageWords('docs/sweep.md')} shows`,
      );
    throw error;
  }
}

function readText(path: string): string {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new UsageError(`${path}: is a folder; allowed: a YAML file`);
    // A pipe ends; a device such as /dev/zero may not.
    if (!stat.isFile() && !stat.isFIFO())
      throw new UsageError(`${path}: is not a file; allowed: a YAML file`);
    if (stat.size > MOST_BYTES)
      throw new UsageError(`${path}: too large; allowed: up to ${MOST_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${path}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? messageOf(error)})`}; allowed: a YAML file that this user may read`,
    );
  }
}

function explain({ code, message }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'this key is here twice; allowed: once';
  if (code === 'MULTIPLE_DOCS') return 'a second document begins; allowed: one';
  if (message.includes('call stack')) return 'nested too deeply';
  return `not YAML: ${message.replace(/\s+/g, ' ').trim()}`;
}

/** Throws UsageError, with the place, for anything in the file that would be lost in its values. */
function refuseLost(document: Document.Parsed, at: (offset: number) => string): void {
  // A key like any other in YAML, but not in the objects made of it: there it would vanish unseen.
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '__proto__')
        throw new UsageError(`${at(key.range?.[0] ?? 0)}: unknown key "__proto__"`);
    },
  });
  // The library reports an alias without its anchor too, but not its place.
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        throw new UsageError(
          `${at(alias.range?.[0] ?? 0)}: *${alias.source}: no anchor of that name comes before it; allowed: the name of one that does`,
        );
    },
  });
}

/** The values alone. The library counts aliases, so that a few lines cannot unfold to gigabytes. */
function plain(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const bomb = /alias count/i.test(messageOf(error));
    throw new UsageError(
      `${path}: ${bomb ? 'its aliases expand to far too many values' : messageOf(error).replace(/\s+/g, ' ')}`,
    );
  }
}

/** The node at a path, or the nearest one around it that is there. */
function nodeAt(document: Document.Parsed, path: Path): Node | undefined {
  let node: Node | undefined = document.contents ?? undefined;
  for (const key of path) {
    const next: unknown = child(resolved(document, node), key);
    if (!isNode(next)) break;
    node = next;
  }
  return node;
}

function child(node: Node | undefined, key: PropertyKey): unknown {
  if (isMap(node)) return pairOf(node.items, key)?.value;
  return isSeq(node) ? node.items[Number(key)] : undefined;
}

function resolved(document: Document.Parsed, node: Node | undefined): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

/** Where a key of the map at a path begins; where the map does, when there is no such key. */
function keyOffset(document: Document.Parsed, path: Path, key: string): number {
  const map = resolved(document, nodeAt(document, path));
  const found = isMap(map) ? pairOf(map.items, key)?.key : undefined;
  return (isNode(found) ? found : map)?.range?.[0] ?? 0;
}

function pairOf<T extends { key: unknown }>(items: readonly T[], key: PropertyKey): T | undefined {
  return items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}
