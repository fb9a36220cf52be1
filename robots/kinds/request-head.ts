/** Name and value of a header field. */
export type HeaderField = readonly [name: string, value: string];

/** The head of a GET, in latin1: our fields, those of them that are given in place of ours, then the given ones in their order. */
export function requestHead(
  path: string,
  ours: readonly HeaderField[],
  given: readonly HeaderField[],
): string {
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const kept = ours.filter(([name]) => !names.has(name.toLowerCase()));
  const lines = [...kept, ...given].map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
