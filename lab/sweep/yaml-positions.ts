import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node } from 'yaml';

export type Path = readonly PropertyKey[];

/** The node at a path, or the nearest one around it that is there. */
export function nodeAt(document: Document.Parsed, path: Path): Node | undefined {
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
export function keyOffset(document: Document.Parsed, path: Path, key: string): number {
  const map = resolved(document, nodeAt(document, path));
  const found = isMap(map) ? pairOf(map.items, key)?.key : undefined;
  return (isNode(found) ? found : map)?.range?.[0] ?? 0;
}

function pairOf<T extends { key: unknown }>(items: readonly T[], key: PropertyKey): T | undefined {
  return items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}
