import { count } from '../../common/format.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import { type Cause, expecting, item, type Judgement } from '../causes/shared/cause.ts';
import type { EvidenceItem, Verdict } from '../causes/shared/verdict-types.ts';
import type { Gap } from '../facts/coverage.ts';
import type { Facts } from '../facts/facts.ts';
import { withSources } from './item-sources.ts';
import { CAUSES, CLAIMANTS } from './registry.ts';

/**
 * The verdict on every cause, and `unknown` for the failures that nothing explains. `explains` adds up to the number of
 * failed users, `share` to 1. Pure: no clock, no socket, no file.
 */
export function judge(facts: Facts): Verdict[] {
  const claimed = new Map<string, number>();
  let unexplained = 0;
  for (const user of facts.failed) {
    const owner = ownerOf(user, facts);
    if (owner) claimed.set(owner.id, (claimed.get(owner.id) ?? 0) + 1);
    else unexplained += 1;
  }
  const explainedBy = (id: string) => claimed.get(id) ?? 0;
  const judgements = new Map<string, Judgement>();
  // The forms of a cause first: it is judged by what they say too.
  for (const cause of [...CAUSES].sort(
    (a, b) => Number(a.under === undefined) - Number(b.under === undefined),
  )) {
    const forms = CAUSES.filter(({ under }) => under === cause.id);
    const total = forms.reduce((sum, { id }) => sum + explainedBy(id), explainedBy(cause.id));
    const judgement = cause.judge(facts, total);
    const pushed = forms.some(({ id }) => judgements.get(id)?.verdict === 'contributing');
    judgements.set(
      cause.id,
      judgement.verdict === 'refuted' && pushed
        ? { verdict: 'contributing', for: judgement.against, against: [] }
        : judgement,
    );
  }
  const share = (users: number) => (facts.failed.length === 0 ? 0 : users / facts.failed.length);
  const verdicts = CAUSES.map(({ id, under, looksLike, onDarwin }): Verdict => {
    const explains = explainedBy(id);
    const { verdict, ...evidence } = ruledOut(
      (facts.darwin && onDarwin?.looksLike) ?? looksLike,
      withGap(judgements.get(id) as Judgement, facts),
    );
    const told = { for: withSources(evidence.for, facts), against: withSources(evidence.against, facts) };
    return { cause: id, ...(under ? { under } : {}), verdict, explains, share: share(explains), ...told };
  });
  if (unexplained > 0) verdicts.push({ ...unknown(facts, unexplained), share: share(unexplained) });
  return verdicts;
}

/** The first cause that has this user; none where the first that may have it cannot know. */
function ownerOf(user: UserLine, facts: Facts): Cause | undefined {
  for (const cause of CLAIMANTS) {
    const claims = cause.claims(user, facts);
    if (claims !== false) return claims ? cause : undefined;
  }
  return undefined;
}

/** Why there is too little to judge by, where the observer saw a part of the load alone. */
export function gapItem({ says, seenMs, loadMs }: Gap): EvidenceItem {
  return item(
    'observer',
    'load that it saw (ms)',
    null,
    Math.round(seenMs),
    says,
    ...(loadMs === undefined ? [] : [Math.round(loadMs)]),
  );
}

function withGap(judgement: Judgement, { gap }: Facts): Judgement {
  if (gap === undefined || judgement.verdict !== 'insufficient-data') return judgement;
  return { ...judgement, against: [gapItem(gap), ...judgement.against] };
}

/** What speaks against a cause says what there would have been instead: once, since it is the same for all of it. */
function ruledOut(looksLike: string, judgement: Judgement): Judgement {
  if (judgement.verdict !== 'refuted') return judgement;
  const against = judgement.against.map(({ otherwise: _, ...plain }, index) =>
    index === 0 ? expecting(plain, judgement.lacks ?? looksLike) : plain,
  );
  return { ...judgement, against };
}

function unknown(facts: Facts, unexplained: number): Omit<Verdict, 'share'> {
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
