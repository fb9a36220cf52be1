import { item } from '../causes/cause.ts';
import { CAUSES, SUSPECTS } from '../causes/registry.ts';
import { count } from '../words.ts';
import type { Facts } from './facts.ts';
import type { Verdict } from './types.ts';

/**
 * The verdict on every suspect, then on any other cause that explains a failure, then `unknown` for the failures that
 * nothing explains. `explains` adds up to the number of failed users. Pure: no clock, no socket, no file.
 */
export function judge(facts: Facts): Verdict[] {
  const claimed = new Map<string, number>();
  let unexplained = 0;
  for (const user of facts.failed) {
    const owner = CAUSES.find((cause) => cause.claims(user, facts));
    if (owner) claimed.set(owner.id, (claimed.get(owner.id) ?? 0) + 1);
    else unexplained += 1;
  }
  const others = CAUSES.filter((cause) => claimed.has(cause.id) && !SUSPECTS.includes(cause));
  const verdicts = [...SUSPECTS, ...others].map((cause): Verdict => {
    const explains = claimed.get(cause.id) ?? 0;
    return { cause: cause.id, explains, ...cause.judge(facts, explains) };
  });
  if (unexplained > 0) verdicts.push(unknown(facts, unexplained));
  return verdicts;
}

function unknown(facts: Facts, unexplained: number): Verdict {
  const kinds = facts.by
    .filter(({ outcome }) => outcome !== 'open')
    .map(
      ({ outcome, stage, errno, count: number }) =>
        `${number} × ${outcome} in ${stage}${errno ? ` (${errno})` : ''}`,
    );
  const says = `no suspect explains ${count(unexplained, 'failed user')}; all failures: ${kinds.join(', ')}`;
  return {
    cause: 'unknown',
    verdict: 'unknown',
    explains: unexplained,
    for: [item('robots', 'unexplained failures', 0, unexplained, says)],
    against: [],
  };
}
