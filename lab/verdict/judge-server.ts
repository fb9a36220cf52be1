import { defined } from '../../common/defined.ts';
import { count, percent } from '../../common/format.ts';
import { type Cause, type Item, item, type Signs, uncounted, undecided } from '../causes/shared/cause.ts';
import { ledgerItem } from '../causes/shared/ledger-items.ts';
import { reasonItems } from '../causes/shared/reset-reasons.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { ServerEnd } from '../facts/connections.ts';
import type { Facts } from '../facts/facts.ts';
import { inOrder } from './claims.ts';
import { gapItem, judgeReadings, standing } from './judge.ts';

/** A verdict; without a count of failures there is no share. */
export type OutsideVerdict = Omit<Verdict<Item>, 'share'> & { share?: number };

/**
 * The verdict on a server that is not ours. With our own robots, it is judged by how they fared, and what else the server's side shows is
 * contributing at most. Without them, it is judged by the server's side alone, and `explains` is a number that the kernel counted: RSTs,
 * dropped packets, connections. Pure.
 */
export function judgeOutside(facts: Facts, causes: readonly Cause[]): OutsideVerdict[] {
  return facts.asked > 0 ? judgeByUsers(facts, causes) : judgeBySigns(facts, standing(facts, causes));
}

function judgeByUsers(facts: Facts, causes: readonly Cause[]): OutsideVerdict[] {
  return judgeReadings(facts, causes).map((told) => {
    const holds = (item: Item) => isSeen(item, facts);
    const verdict = { ...told, for: told.for.filter(holds), against: told.against.filter(holds) };
    if (verdict.verdict === 'refuted' && verdict.against.length === 0)
      verdict.against.push(
        item('robots', 'failed by this', 0, 0, `none of ${facts.asked} users failed by this`),
      );
    if (verdict.verdict === 'insufficient-data' && verdict.for.length + verdict.against.length === 0)
      verdict.against.push(noLines);
    if (verdict.cause === 'unknown') verdict.for.push(...untaken(facts));
    const cause = causes.find(({ id }) => id === verdict.cause);
    const signs = cause && signsOf(cause, facts);
    if (verdict.verdict === 'insufficient-data' && signs?.verdict === 'refuted' && facts.failed.length === 0)
      return { ...verdict, ...judgementOf(signs) };
    if (verdict.verdict === 'confirmed' && signs?.verdict === 'confirmed')
      return {
        ...verdict,
        for: [
          ...verdict.for,
          ...signs.for.filter((sign) => !verdict.for.some((item) => item.name === sign.name)),
        ],
      };
    if (cause === undefined || verdict.verdict !== 'refuted') return verdict;
    if (signs?.verdict === 'confirmed' || signs?.verdict === 'contributing') {
      const unhurt = item(
        'robots',
        'failed users',
        0,
        verdict.explains,
        'the server shows it, but no user failed by it',
      );
      return { ...verdict, verdict: 'contributing', for: [...signs.for, unhurt], against: [] };
    }
    const silent = cause.toldBy === 'gateway' && facts.failed.length > 0;
    if (!silent || signs?.verdict === 'refuted') return verdict;
    return { ...verdict, verdict: 'insufficient-data', against: signs?.against ?? [noLines] };
  });
}

/** A server at its cap that accepts no more, or a blocked server: the kernel shows no difference. */
function untaken({ outside }: Facts): Item[] {
  const { neverTaken = 0, busiest } = outside ?? {};
  if (neverTaken === 0) return [];
  const idle = busiest === undefined ? '' : `, though it used at most ${percent(busiest)} of a core`;
  const says = `${count(neverTaken, 'user')} gave up in the accept queue; the server never accepted them${idle}: it is at a limit of its own, or blocked`;
  return [item('accept queue', 'accept queue, never accepted', 0, neverTaken, says)];
}

/** A server that is not ours writes no lines for the lab. With several workers the kernel chooses which one gets a connection, so no law holds. */
function isSeen({ read }: Item, { outside }: Facts): boolean {
  if (read === 'law') return outside?.workers === 1;
  return read !== 'gateway lines' && read !== 'gateway lines and robots';
}

/** For a server that was watched only for a part of the load, nobody knows what the rest would have shown. */
function signsOf(cause: Cause, facts: Facts): Signs | undefined {
  if (cause.signs !== undefined && facts.gap !== undefined) return uncounted(undecided([gapItem(facts.gap)]));
  const signs = cause.signs?.(facts);
  return signs?.verdict === 'refuted' ? { ...signs, against: signs.against.map(asItWas) } : signs;
}

/** `otherwise` belongs to evidence that confirms; evidence that rules out shows exactly that. */
function asItWas({ otherwise: _, ...seen }: Item): Item {
  return seen;
}

function judgementOf({ counted: _, ends: __, ...judgement }: Signs) {
  return judgement;
}

function judgeBySigns(facts: Facts, causes: readonly Cause[]): OutsideVerdict[] {
  const found = eachEndOnce(new Map(causes.map((cause) => [cause, signsOf(cause, facts) ?? unseen(cause)])));
  const formsOf = (id: string) =>
    causes.filter(({ under }) => under === id).map((form) => found.get(form.id) as Signs);
  const explained = new Map(
    causes.map(({ id }) => {
      // A wider cause does not explain again what a sub-cause of it explains.
      const byEnds = found.get(id)?.ends !== undefined;
      const forms = formsOf(id).reduce((sum, { counted, ends }) => sum + (byEnds && ends ? 0 : counted), 0);
      return [id, Math.max(0, (found.get(id) as Signs).counted - forms)];
    }),
  );
  const sum = [...explained.values()].reduce((total, number) => total + number, 0);
  const failures = Math.max(sum, failuresOf(facts) + endedInOrder(found, facts));
  const share = (number: number) => (failures === 0 ? {} : { share: number / failures });
  const verdicts = causes.map((cause): OutsideVerdict => {
    const { id, under } = cause;
    const explains = explained.get(id) as number;
    const judgement = judgementOf(widened(found.get(id) as Signs, cause, formsOf(id)));
    return { cause: id, ...defined({ under }), explains, ...share(explains), ...judgement };
  });
  const rest = failures - sum;
  if (rest > 0 && facts.gap === undefined) verdicts.push({ ...unknown(rest, facts), ...share(rest) });
  return verdicts;
}

/**
 * Each end of a connection is attributed once, to the first of its causes in the order of `inOrder`. A cause whose ends are all attributed
 * to others is contributing at most.
 */
function eachEndOnce(found: ReadonlyMap<Cause, Signs>): Map<string, Signs> {
  const taken = new Set<ServerEnd>();
  const once = new Map<string, Signs>();
  for (const cause of inOrder([...found.keys()])) {
    const signs = found.get(cause) as Signs;
    const own = signs.ends?.filter((end) => !taken.has(end));
    if (own === undefined || signs.ends === undefined) {
      once.set(cause.id, signs);
      continue;
    }
    for (const end of own) taken.add(end);
    const counted = signs.counted - (signs.ends.length - own.length);
    const left = { ...signs, counted, ends: own };
    const lost = signs.verdict === 'confirmed' && counted < 1;
    once.set(cause.id, lost ? { ...left, verdict: 'contributing' } : left);
  }
  return once;
}

/** A wider cause without signs of its own has the verdict of its sub-causes. */
function widened(own: Signs, cause: Cause, forms: readonly Signs[]): Signs {
  if (own.verdict === 'confirmed') return own;
  const formed = (['confirmed', 'contributing'] as const)
    .map((word) => forms.find(({ verdict }) => verdict === word))
    .find((form) => form !== undefined);
  if (formed) return formed;
  if (cause.signs || forms.length === 0 || !forms.every(({ verdict }) => verdict === 'refuted')) return own;
  return forms[0] as Signs;
}

function unseen({ toldBy }: Cause): Signs {
  const who = {
    robots: 'the clients know',
    calls: 'the server itself knows',
    gateway: 'the server itself knows',
    kernel: 'its users know',
    inferred: 'its users know',
  };
  const says = `not seen from outside: only ${who[toldBy]}; bring robots with --load`;
  return uncounted(
    undecided([item(toldBy === 'gateway' ? 'the server' : 'robots', 'told', null, null, says)]),
  );
}

/** Failed connections of the server: those that it ended, those left in its queue until they gave up, those open when the server ended. */
function failuresOf({ outside, connections }: Facts): number {
  if (outside === undefined) return 0;
  const { failed = [], stuck, forsaken, endedWith = 0 } = outside;
  const { gaveUp = 0 } = connections?.queued ?? {};
  return Math.max(failed.length + gaveUp, stuck, forsaken, endedWith);
}

/** Connections that ended in order, but are attributed to a cause: by their ends alone they are not among the failed ones. */
function endedInOrder(found: ReadonlyMap<string, Signs>, { outside }: Facts): number {
  const failed = new Set(outside?.failed);
  const explained = [...found.values()].flatMap(({ counted, ends = [] }) => (counted > 0 ? ends : []));
  return explained.filter((end) => !failed.has(end)).length;
}

function unknown(rest: number, facts: Facts): OutsideVerdict {
  const says = `no cause accounts for ${count(rest, 'failed connection')}: --load shows how users fare`;
  return {
    cause: 'unknown',
    verdict: 'unknown',
    explains: rest,
    for: [
      item('connections', 'failed connections', 0, rest, says),
      ledgerItem(facts),
      ...reasonItems(facts.outside?.failed ?? []),
    ],
    against: [],
  };
}

const noLines = item(
  'the server',
  'its own log',
  null,
  null,
  'the server writes no lines that the lab could match: only it knows whether it did this on purpose',
);
