import { defined } from '../../common/defined.ts';
import { count } from '../../common/format.ts';
import { type Cause, expecting, type Item, item, type Judgement, undecided } from '../causes/shared/cause.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Gap } from '../facts/coverage.ts';
import type { Facts } from '../facts/facts.ts';
import { sourceOf } from '../facts/reading.ts';
import { waysOf } from '../facts/user-groups.ts';
import { ownersOf } from './claims.ts';
import { type Doubt, doubtOf } from './doubt.ts';

/**
 * The verdict on every one of these causes, and `unknown` for the failures that nothing explains. `explains` adds up to the number
 * of failed users, `share` to 1. Pure: no clock, no socket, no file.
 */
export function judge(facts: Facts, causes: readonly Cause[]): Verdict[] {
  const plain = ({ read: _, ...evidence }: Item) => evidence;
  return judgeReadings(facts, causes).map((verdict) => ({
    ...verdict,
    for: verdict.for.map(plain),
    against: verdict.against.map(plain),
  }));
}

/** The same, each item with what it was read from. */
export function judgeReadings(facts: Facts, all: readonly Cause[]): Verdict<Item>[] {
  const causes = standing(facts, all);
  const ownerOf = ownersOf(facts, causes);
  const claimed = new Map<string | undefined, number>();
  for (const user of facts.failed) {
    const id = ownerOf(user)?.id;
    claimed.set(id, (claimed.get(id) ?? 0) + 1);
  }
  const explainedBy = (id?: string) => claimed.get(id) ?? 0;
  const judgements = new Map<string, Judgement>();
  const doubts = new Map<string, Doubt | undefined>();
  // Sub-causes come first: the wider cause is judged by their verdicts too.
  for (const cause of [...causes].sort(
    (a, b) => Number(a.under === undefined) - Number(b.under === undefined),
  )) {
    const forms = causes.filter(({ under }) => under === cause.id);
    const total = forms.reduce((sum, { id }) => sum + explainedBy(id), explainedBy(cause.id));
    const doubt = doubtOf(cause, facts) ?? openOf(forms.map(({ id }) => doubts.get(id)));
    doubts.set(cause.id, doubt);
    const judgement = total === 0 && doubt ? undecided([doubt.item]) : cause.judge(facts, total);
    const pushed = forms.some(({ id }) => judgements.get(id)?.verdict === 'contributing');
    judgements.set(
      cause.id,
      judgement.verdict === 'refuted' && pushed
        ? { verdict: 'contributing', for: judgement.against, against: [] }
        : judgement,
    );
  }
  const share = (users: number) => (facts.failed.length === 0 ? 0 : users / facts.failed.length);
  // Causes name the sources of Linux: on macOS they are replaced.
  const here = (items: readonly Item[]) =>
    items.map((one) => (facts.darwin ? { ...one, source: sourceOf(one.read, true) } : one));
  const verdicts = causes.map(({ id, under, looksLike, onDarwin }): Verdict<Item> => {
    const explains = explainedBy(id);
    const told = ruledOut(
      (facts.darwin && onDarwin?.looksLike) ?? looksLike,
      withGap(judgements.get(id) as Judgement, facts),
    );
    return {
      cause: id,
      ...defined({ under }),
      verdict: told.verdict,
      explains,
      share: share(explains),
      for: here(told.for),
      against: here(told.against),
    };
  });
  const unexplained = explainedBy(undefined);
  if (unexplained > 0) verdicts.push({ ...unknown(facts, unexplained), share: share(unexplained) });
  return verdicts;
}

/** What leaves a wider cause open: that it may have been one of its forms. */
function openOf(ofForms: readonly (Doubt | undefined)[]): Doubt | undefined {
  return ofForms.find((doubt) => doubt?.ofUsers);
}

/** The causes by these facts: one that is no sub-cause here is under none. */
export function standing(facts: Facts, causes: readonly Cause[]): Cause[] {
  return causes.map((cause) => {
    if (!cause.standsAlone?.(facts)) return cause;
    const { under: _, ...alone } = cause;
    return alone;
  });
}

/** Why there is not enough data, where the observer saw only a part of the load. */
export function gapItem({ says, seenMs, loadMs }: Gap): Item {
  const all = loadMs === undefined ? undefined : Math.round(loadMs);
  return item('observer', 'load that it saw (ms)', null, Math.round(seenMs), says, all);
}

function withGap(judgement: Judgement, { gap }: Facts): Judgement {
  if (gap === undefined || judgement.verdict !== 'insufficient-data') return judgement;
  return { ...judgement, against: [gapItem(gap), ...judgement.against] };
}

/** Evidence against a cause says what would have been measured if it were this cause: once, since it is the same for all of it. */
function ruledOut(looksLike: string, judgement: Judgement): Judgement {
  if (judgement.verdict !== 'refuted') return judgement;
  const against = judgement.against.map(({ otherwise: _, ...plain }, index) =>
    index === 0 ? expecting(plain, judgement.lacks ?? looksLike) : plain,
  );
  return { ...judgement, against };
}

function unknown(facts: Facts, unexplained: number): Omit<Verdict<Item>, 'share'> {
  const says = `no cause accounts for ${count(unexplained, 'failed user')}; all failures: ${waysOf(facts.by).join(', ')}`;
  return {
    cause: 'unknown',
    verdict: 'unknown',
    explains: unexplained,
    for: [item('robots', 'unexplained failures', 0, unexplained, says)],
    against: [],
  };
}
