import { type Cause, type Facts, TELLERS, type UserLine } from '../causes/shared/cause.ts';
import { isTooNear } from './doubt.ts';

/** Whether a cause explains how this user failed; undefined: it may. */
type Claim = (user: UserLine) => boolean | undefined;

/**
 * The cause that a failed user is attributed to: the first that claims it, in the order of `Teller`, a sub-cause before its wider cause;
 * none where the first that may claim it cannot know. Each claim is computed once for a user, also where other causes come after it. A
 * cause with as many users as it has evidence for claims no more, and a user who may be its own counts as one: so ask once for each user.
 */
export function ownersOf(facts: Facts, causes: readonly Cause[]): (user: UserLine) => Cause | undefined {
  const before = new Set(causes.flatMap(({ after = [] }) => after.map(({ id }) => id)));
  const claims = new Map<string, Claim>();
  const left = new Map(causes.map((cause) => [cause, cause.most?.(facts) ?? Number.POSITIVE_INFINITY]));
  const leftOf = (cause: Cause) => left.get(cause) as number;
  for (const cause of causes) {
    const claim: Claim = (user) => {
      if (leftOf(cause) < 1) return false;
      const own = isTooNear(cause, user, facts) ? undefined : cause.claims(user, facts);
      if (own === false || cause.after === undefined) return own;
      const answers = cause.after.flatMap(({ id, when }) =>
        when?.(user, facts) === false ? [] : [claims.get(id)?.(user)],
      );
      if (answers.includes(true)) return false;
      // Were it the other one's for sure, or were it not, this cause would have it or not: a third one has no part in that.
      return answers.includes(undefined) ? undefined : own;
    };
    claims.set(cause.id, before.has(cause.id) ? remembered(claim) : claim);
  }
  const claimants = causes
    .map((cause) => ({ cause, claim: claims.get(cause.id) as Claim }))
    .sort(({ cause: a }, { cause: b }) => byTeller(a, b));
  return (user) => {
    for (const [index, { cause, claim }] of claimants.entries()) {
      const own = claim(user);
      if (own === false) continue;
      if (own) left.set(cause, leftOf(cause) - 1);
      // One of these may have failed it all the same: then so much less of its evidence is left for others.
      else
        for (const { cause: other, claim: may } of claimants.slice(index))
          if (Number.isFinite(leftOf(other)) && may(user) !== false) left.set(other, leftOf(other) - 1);
      return own ? cause : undefined;
    }
    return undefined;
  };
}

/** In the order of `Teller`, a sub-cause before its wider cause. */
function byTeller(a: Cause, b: Cause): number {
  return (
    TELLERS.indexOf(a.toldBy) - TELLERS.indexOf(b.toldBy) ||
    Number(a.under === undefined) - Number(b.under === undefined)
  );
}

/** The same order of all causes, each after those that go before it (`after`), whatever their tellers. */
export function inOrder(causes: readonly Cause[]): Cause[] {
  const sorted: Cause[] = [];
  const seen = new Set<Cause>();
  const add = (cause: Cause) => {
    if (seen.has(cause)) return;
    seen.add(cause);
    for (const { id } of cause.after ?? []) {
      const before = causes.find((one) => one.id === id);
      if (before) add(before);
    }
    for (const form of causes) if (form.under === cause.id) add(form);
    sorted.push(cause);
  };
  for (const cause of [...causes].sort(byTeller)) add(cause);
  return sorted;
}

/** The same answers, with that of the last user remembered: users are handled one by one. */
function remembered(claim: Claim): Claim {
  let last: UserLine | undefined;
  let answer: boolean | undefined;
  return (user) => {
    if (last !== user) answer = claim(user);
    last = user;
    return answer;
  };
}

/** Throws where a cause names another in `after` or `under` that does not exist, and where causes go after each other. */
export function checkOrder(causes: readonly Cause[]): void {
  const visit = (id: string, path: readonly string[]): void => {
    const order = [...path, id].join(' after ');
    const cause = causes.find((one) => one.id === id);
    if (cause === undefined) throw new Error(`no cause of that name: ${order}`);
    if (path.includes(id)) throw new Error(`causes that go after each other: ${order}`);
    for (const before of cause.after ?? []) visit(before.id, [...path, id]);
  };
  for (const { id, under = id } of causes) for (const one of [id, under]) visit(one, []);
}
