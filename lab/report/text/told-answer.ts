import type { Findings } from './findings.ts';
import { figuresOf } from './why.ts';

/** The answer of a verb, for places that have room for a sentence and some lines. */
export interface ToldAnswer {
  sentence: string;
  /** The evidence, a line each. */
  evidence: readonly string[];
}

/** What findings come to, with the evidence for each cause that is named. */
export function answerOfFindings({ headline, why, incomplete }: Findings): ToldAnswer {
  return {
    sentence: incomplete === undefined ? headline : `${headline} (incomplete: ${incomplete})`,
    evidence: why.flatMap(({ cause, items }) =>
      items.map((item) => {
        const [before, after, limit, source] = figuresOf(item);
        const moved = before === '' ? after : `${before} → ${after}`;
        const figures = [moved, limit && `limit ${limit}`, source].filter(Boolean).join(', ');
        return `${cause}: ${item.says} [${item.name}: ${figures}]`;
      }),
    ),
  };
}
