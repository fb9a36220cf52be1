import type { RuleTally, StrangersDocument } from '../../lab/exam/strangers/strangers-document.ts';
import { RULES } from './rules.ts';

const BLOCK = /(<!-- rules: made by npm run rules[^\n]*-->\n)[\s\S]*?(<!-- \/rules -->)/;

/** The page with the table of these rules in its place; `heard`: what exams of strangers came to. Throws where it has no place for it. */
export function withRules(
  page: string,
  ids: readonly string[],
  heard: Readonly<Record<string, RuleTally>>,
  trials: number,
): string {
  if (!BLOCK.test(page)) throw new Error('no <!-- rules --> in the page');
  const rows = ids.map((id) => {
    const { needs, claims, silent } = RULES[id] ?? { needs: '', claims: '', silent: '' };
    return `| \`${id}\` | ${needs} | ${claims} | ${silent} | ${heardOf(heard[id], trials)} |`;
  });
  const head = ['| rule | needs | claims | silent | right when true; wrong |', '|---|---|---|---|---|'];
  return page.replace(BLOCK, (_, begin, end) => `${begin}\n${[...head, ...rows].join('\n')}\n\n${end}`);
}

function heardOf(tally: RuleTally | undefined, trials: number): string {
  if (trials === 0) return 'not tried';
  const { right = 0, tried = 0, wrong = 0 } = tally ?? {};
  const named = tried === 0 ? 'not tried' : `${right} of ${tried}`;
  return `${named}; wrong ${wrong} of ${trials}`;
}

/** What several exams came to together. */
export function together(documents: readonly Pick<StrangersDocument, 'rules'>[]): {
  heard: Record<string, RuleTally>;
  trials: number;
} {
  const heard: Record<string, RuleTally> = {};
  let trials = 0;
  for (const { rules } of documents) {
    trials += Object.values(rules)[0]?.trials ?? 0;
    for (const [id, tally] of Object.entries(rules)) {
      const sum = heard[id] ?? { tried: 0, right: 0, unknown: 0, silent: 0, wrong: 0, trials: 0 };
      for (const key of Object.keys(sum) as (keyof RuleTally)[]) sum[key] += tally[key];
      heard[id] = sum;
    }
  }
  return { heard, trials };
}
