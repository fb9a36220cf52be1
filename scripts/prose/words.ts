/** A pattern of words, any case, and the words to use in its place. */
type Term = readonly [pattern: string, better: string];

/** The words of docs/glossary.md in place of older ones. */
const GLOSSARY: Term[] = [
  ['(users|robots|\\d+)\\s+asked', '$1 requested'],
  ['at\\s+rest', 'at start'],
  ['laid\\s+to', 'attributed to'],
  ['refuted', 'ruled out'],
  ['tellers?', 'source'],
  ['let\\s+in', 'accepted'],
  ['lets\\s+in', 'accepts'],
  ['made\\s+good', 'recovered'],
  ['mend', 'fix'],
  ['mended', 'fixed'],
  ['whoever', 'any client that'],
];

/** One spelling: British, and of the two that are both right the one that we use. */
const SPELLING: Term[] = [
  ['(?<!-)\\btimeout(s?)\\b(?!-| connect| upgrade)', 'time-out$1'],
  ['(\\w{2,})yz(e|es|ed|ing)', '$1ys$2'],
  [
    '\\b(?!prize|resiz|downsiz|oversiz|undersiz|capsiz)(\\w+[^eo\\W])iz(e|es|ed|ing|ation|ations)\\b',
    '$1is$2',
  ],
  ['(behavi|col|fav|hon|lab|neighb)or(s|ed|ing|able|ite)?', '$1our$2'],
  ['(cent|fib|lit|theat)er(s?)', '$1re$2'],
  ['(cancel|label|model|signal|travel)(ed|ing|er)', '$1l$2'],
  ['(defen|offen)se(s?)', '$1ce$2'],
  ['catalog(s?)', 'catalogue$1'],
  ['fulfill', 'fulfil'],
  ['gray', 'grey'],
];

/** Words that tell a reader nothing, or say at length what a short one says. */
const EMPTY: Term[] = [
  ['(simply|obviously|of\\s+course|basically|actually|really|very|clearly|easily)', '(leave it out)'],
  ['in\\s+order\\s+to', 'to'],
  ['due\\s+to\\s+the\\s+fact\\s+that', 'because'],
  ['prior\\s+to', 'before'],
  ['utilis(e|es|ed|ing)', 'use'],
];

/** What no page says, with what it says instead. */
export const TERMS: readonly Term[] = [...GLOSSARY, ...SPELLING, ...EMPTY];
