import { stripVTControlCharacters } from 'node:util';
import { tableFacts } from './table-facts.ts';

/** What an output says that is the same in every run, by name. */
export type Facts = ReadonlyMap<string, string>;

/** Sentences with numbers, whatever lines they are broken into, and what the numbers are. */
const SENTENCES: [RegExp, string[]][] = [
  [/(\d+) (?:users )?(?:requested|asked), (\d+) open, (\d+) failed/, ['requested', 'open', 'failed']],
  [/(\d+) users measured, (\d+) predicted/, ['measured', 'predicted']],
  [/(\d+) placed, (\d+) acknowledged, (\d+) recorded/, ['bets placed', 'bets acknowledged', 'bets recorded']],
  [/same load again, (\d+) of (\d+) open/, ['fix open', 'fix requested']],
  [/(\d+) right, (\d+) wrong of (\d+)/, ['right', 'wrong', 'questions']],
  [
    /(\d+) cells: (\d+) as expected, (\d+) not(?: as expected)?, (\d+) could not run/,
    ['cells', 'expected', 'not', 'void'],
  ],
  [/sustained (\d+), fails at (\d+), limited by (\w+)/, ['sustained', 'fails at', 'limited by']],
];

/** Lines that say one thing each. */
const LINES: [RegExp, (match: RegExpMatchArray) => [string, string]][] = [
  [/^lab: .*$/gm, ([line]) => ['error', line]],
  [/^ +([\w+-]+) +right (\d+ of \d+)$/gm, ([, id, of]) => [`question ${id}`, String(of)]],
  [
    /^ {2}(held|FAILED) +(\S.*?) {2,}(\S.*)$/gm,
    ([, word, condition, says]) => [`expected ${condition}`, `${word}, ${says}`],
  ],
  [/^\d {2}(\S.*?) {2,}([a-z][a-z -]*)$/gm, ([, step, word]) => [`step ${step}`, said(String(word))]],
  [
    /^ {2}(asked|requested|open|failed) {2,}(\S.*?) {2,}(?:\S.*)$/gm,
    ([, name, left]) => [`left ${said(String(name))}`, String(left)],
  ],
];

/** Words that were called otherwise in earlier outputs. */
const NOW: Record<string, string> = {
  asked: 'requested',
  refuted: 'ruled out',
  'points-at': 'points at it',
  'cannot-be-seen': 'cannot be seen',
};
const said = (word: string) => NOW[word] ?? word;

/** A confirmed cause, and what belongs to its line. */
const CAUSE = /^(?:CAUSE|confirmed) +([a-z][a-z-]*)(.*(?:\n +.*)*)/gm;
const SHARE = /(\d+) of \d+ failures|explains (\d+)/;

/** Counts, causes, thresholds and one-line errors: what a page may show and every run has to repeat. Times and ways to fail are none. */
export function factsOf(output: string): Facts {
  const text = stripVTControlCharacters(output);
  const flat = text.replace(/\s+/g, ' ');
  const facts = new Map<string, string>(tableFacts(text));
  for (const [pattern, names] of SENTENCES)
    for (const [index, value] of (pattern.exec(flat) ?? []).slice(1).entries())
      facts.set(names[index] as string, value);
  for (const [pattern, read] of LINES) for (const match of text.matchAll(pattern)) facts.set(...read(match));
  const causes = [...text.matchAll(CAUSE)];
  if (causes.length > 0)
    facts.set(
      'causes',
      causes
        .map(([, id]) => id)
        .sort()
        .join(', '),
    );
  for (const [, id, more = ''] of causes) {
    const [, share, explained] = SHARE.exec(more.replace(/\s+/g, ' ')) ?? [];
    if (share ?? explained) facts.set(`share ${id}`, String(share ?? explained));
  }
  return facts;
}

/** What was shown and did not come about, one line for each fact; those that vary, by name or by their last word, are left out. */
export function differences(shown: Facts, run: Facts, varies: readonly string[] = []): string[] {
  const free = (name: string) =>
    varies.some((one) => name === one || name.endsWith(` ${one}`) || name.startsWith(`${one} `));
  return [...shown].flatMap(([name, value]) => {
    const now = run.get(name);
    return free(name) || now === value ? [] : [`${name}: ${value} shown, ${now ?? 'nothing'} now`];
  });
}
