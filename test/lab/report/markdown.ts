import assert from 'node:assert/strict';

/** In text that is no code: all that Markdown, HTML or GitHub could read something into. */
const READ = /[\\<>[\]*~$@|`&]|#\d|:\/\/|\bwww\.|:\w+:|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|[\n\r\t]/iu;

/** What a reader sees of a line: bold, code, breaks and entities as we set them. Fails where anything else would be read. */
export function seen(line: string): string {
  return line
    .split(/(`[^`]+`|<br>|<\/?sub>|\*\*)/)
    .map((part, index) => {
      if (index % 2 === 1) {
        if (part.startsWith('`')) {
          assert.doesNotMatch(part, /[|\n]/, line);
          return part.slice(1, -1);
        }
        return part === '<br>' ? '\n' : '';
      }
      assert.doesNotMatch(part.replace(/&#(?:124|96);/g, '¦'), READ, `${JSON.stringify(part)} in ${line}`);
      return part.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    })
    .join('');
}

/** A table as a reader sees it, its heads first. */
export function tableOf(lines: readonly string[]): string[][] {
  const rows = lines.map((line) => {
    assert.match(line, /^\|.*\|$/);
    return line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  });
  const [heads = [], rule = [], ...body] = rows;
  for (const one of rule) assert.match(one, /^-{3,}:?$/);
  for (const row of rows) assert.equal(row.length, heads.length, row.join(' | '));
  return [heads, ...body].map((row) => row.map(seen));
}

/** One part of a document: what its lines begin with says what it is. */
export interface Block {
  kind: 'heading' | 'list' | 'table' | 'code' | 'fold' | 'text';
  lines: string[];
}

/** The parts of a document, one below the other; every line of it is looked at. */
export function blocksOf(markdown: string): Block[] {
  assert.ok(markdown.endsWith('\n') && !markdown.endsWith('\n\n'), 'one end of line at its end');
  return markdown
    .slice(0, -1)
    .split('\n\n')
    .map((text) => {
      const lines = text.split('\n');
      const kind = kindOf(text);
      if (kind === 'code') assert.match(lines.at(-1) ?? '', /^`{3,}$/);
      else if (kind === 'fold') {
        assert.match(text, /^(<details( open)?><summary>([^<>]|<\/?code>)*<\/summary>|<\/details>)$/);
        // Not even a name may stand there bare: GitHub looks for what it can link.
        seen(text.replace(/<code>.*?<\/code>|<[^>]*>|&#\d+;/g, ''));
      } else if (kind === 'table') tableOf(lines);
      else for (const line of lines) seen(line.replace(/^(#{2,3} | *- |\d+\. )/, ''));
      return { kind, lines };
    });
}

function kindOf(text: string): Block['kind'] {
  const [, sign = ''] = /^(#{2,3} |- |1\. |\||```|<\/?details)/.exec(text) ?? [];
  const kinds: Record<string, Block['kind']> = {
    '## ': 'heading',
    '### ': 'heading',
    '- ': 'list',
    '1. ': 'list',
    '|': 'table',
    '```': 'code',
    '<details': 'fold',
    '</details': 'fold',
  };
  return kinds[sign] ?? 'text';
}

/** The headings as a reader sees them, each with what stands below it. */
export function sectionsOf(markdown: string): Map<string, Block[]> {
  const sections = new Map<string, Block[]>();
  let below: Block[] = [];
  for (const block of blocksOf(markdown)) {
    if (block.kind === 'heading') {
      below = [];
      sections.set(seen((block.lines[0] ?? '').replace(/^#+ /, '')), below);
    } else below.push(block);
  }
  return sections;
}
