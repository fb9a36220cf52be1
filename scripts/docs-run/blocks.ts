import { parse } from '@textlint/markdown-to-ast';

/** A block of code of a page, as it is written. */
export interface Block {
  /** Of its first line of code, from 1. */
  line: number;
  /** Empty: none is said. */
  language: string;
  text: string;
  /** The lines of the annotation just before it; undefined: there is none. */
  annotation?: string[];
}

interface Node {
  type: string;
  lang?: string | null;
  value?: string;
  loc: { start: { line: number } };
  children?: readonly Node[];
}

const ANNOTATION = /^<!--\s*docs-run\b([\s\S]*?)-->/;

/** The blocks of code of a page of Markdown, in order. */
export function blocksOf(markdown: string): Block[] {
  return within(parse(markdown) as Node);
}

function within({ children = [] }: Node): Block[] {
  return children.flatMap((node, index) => {
    if (node.type !== 'CodeBlock') return within(node);
    const before = children[index - 1];
    const [, words] = (before?.type === 'Html' && ANNOTATION.exec(before.value ?? '')) || [];
    return {
      line: node.loc.start.line + 1,
      language: node.lang ?? '',
      text: node.value ?? '',
      ...(words === undefined
        ? {}
        : {
            annotation: words
              .split('\n')
              .map((line) => line.trim())
              .filter(Boolean),
          }),
    };
  });
}
