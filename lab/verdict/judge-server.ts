import { count, percent } from '../../common/format.ts';
import { type Cause, item, type Judgement, type Signs } from '../causes/shared/cause.ts';
import type { EvidenceItem, Verdict } from '../causes/shared/verdict-types.ts';
import type { Facts } from '../facts/facts.ts';
import { gapItem, judge } from './judge.ts';
import { CAUSES } from './registry.ts';

/** As any verdict; where nobody counted failures there is no share. */
export type OutsideVerdict = Omit<Verdict, 'share'> & { share?: number };

/**
 * The verdict on a server that says nothing of itself. With robots of ours it is judged by how they fared, and what the server's
 * side shows beside is a contribution at most; without, by what the server's side shows alone, and `explains` is a number of
 * what the kernel counted: RSTs, dropped packets, connections. Pure.
 */
export function judgeOutside(facts: Facts): OutsideVerdict[] {
  return facts.asked > 0 ? judgeByUsers(facts) : judgeBySigns(facts);
}

function judgeByUsers(facts: Facts): OutsideVerdict[] {
  return judge(facts).map((told) => {
    const holds = (item: EvidenceItem) => isSeen(item, facts);
    const verdict = { ...told, for: told.for.filter(holds), against: told.against.filter(holds) };
    if (verdict.verdict === 'refuted' && verdict.against.length === 0)
      verdict.against.push(item('robots', 'failed by this', 0, 0, `none of ${facts.asked} users`));
    if (verdict.verdict === 'insufficient-data' && verdict.for.length + verdict.against.length === 0)
      verdict.against.push(noLines);
    if (verdict.cause === 'unknown') verdict.for.push(...untaken(facts));
    const cause = CAUSES.find(({ id }) => id === verdict.cause);
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
        'the server shows it, and no user of ours failed by it',
      );
      return { ...verdict, verdict: 'contributing', for: [...signs.for, unhurt], against: [] };
    }
    const silent = cause.toldBy === 'gateway' && facts.failed.length > 0;
    if (!silent || signs?.verdict === 'refuted') return verdict;
    return { ...verdict, verdict: 'insufficient-data', against: signs?.against ?? [noLines] };
  });
}

/** A cap of a server that then accepts no more, or a server that is blocked: the kernel shows no difference. */
function untaken({ outside }: Facts): EvidenceItem[] {
  const { neverTaken = 0, busiest } = outside ?? {};
  if (neverTaken === 0) return [];
  const idle = busiest === undefined ? '' : `, though it ran on at most ${percent(busiest)} of a core`;
  const says = `${count(neverTaken, 'user')} gave up in the accept queue, and accept(2) never took them${idle}: the server is at a limit of its own, or it is blocked`;
  return [item('/proc/<pid>/net/tcp', 'accept queue, never accepted', 0, neverTaken, says)];
}

/** A server that is not ours writes no lines for us; and of several workers the kernel chooses which one gets a connection. */
function isSeen({ source }: EvidenceItem, { outside }: Facts): boolean {
  if (source === 'law') return outside?.workers === 1;
  return !source.startsWith('gateway stdout');
}

/** Of a server that was watched for a part of the load it is not known what it showed in the rest. */
function signsOf(cause: Cause, facts: Facts): Signs | undefined {
  if (cause.signs === undefined || facts.gap === undefined) return cause.signs?.(facts);
  return { verdict: 'insufficient-data', counted: 0, for: [], against: [gapItem(facts.gap)] };
}

function judgementOf({ counted: _, ...judgement }: Signs): Judgement {
  return judgement;
}

function judgeBySigns(facts: Facts): OutsideVerdict[] {
  const found = new Map<string, Signs>();
  for (const cause of CAUSES) found.set(cause.id, signsOf(cause, facts) ?? unseen(cause));
  const counted = (id: string) => found.get(id)?.counted ?? 0;
  const explained = new Map<string, number>();
  for (const { id } of CAUSES) {
    // What a form of it explains a wider cause does not explain again.
    const forms = CAUSES.filter(({ under }) => under === id).reduce((sum, form) => sum + counted(form.id), 0);
    explained.set(id, Math.max(0, counted(id) - forms));
  }
  const sum = [...explained.values()].reduce((total, number) => total + number, 0);
  const failures = Math.max(sum, failuresOf(facts));
  const share = (number: number) => (failures === 0 ? {} : { share: number / failures });
  const verdicts = CAUSES.map((cause): OutsideVerdict => {
    const forms = CAUSES.filter(({ under }) => under === cause.id).map(({ id }) => found.get(id) as Signs);
    const judgement = judgementOf(widened(found.get(cause.id) as Signs, cause, forms));
    const explains = explained.get(cause.id) ?? 0;
    const { id, under } = cause;
    return { cause: id, ...(under ? { under } : {}), explains, ...share(explains), ...judgement };
  });
  const rest = failures - sum;
  if (rest > background(facts) && facts.gap === undefined)
    verdicts.push({ ...unknown(rest), ...share(rest) });
  return verdicts;
}

/** A wider cause without signs of its own is what its forms are. */
function widened(own: Signs, cause: Cause, forms: readonly Signs[]): Signs {
  if (own.verdict === 'confirmed') return own;
  const formed = (['confirmed', 'contributing'] as const)
    .map((word) => forms.find(({ verdict }) => verdict === word))
    .find((form) => form !== undefined);
  if (formed) return formed;
  if (cause.signs || forms.length === 0 || !forms.every(({ verdict }) => verdict === 'refuted')) return own;
  return forms[0] as Signs;
}

function unseen(cause: Cause): Signs {
  const who = {
    robots: 'the clients',
    gateway: 'the server itself',
    kernel: 'its users',
    inferred: 'its users',
  }[cause.toldBy];
  const says = `only ${who} could tell: bring robots with --load`;
  const judgement: Judgement = {
    verdict: 'insufficient-data',
    for: [],
    against: [item(cause.toldBy === 'gateway' ? 'the server' : 'robots', 'told', null, null, says)],
  };
  return { ...judgement, counted: 0 };
}

/** What failed, by the kernel's own count. */
function failuresOf({ outside }: Facts): number {
  if (outside === undefined) return 0;
  const { resets, resetsWhileFull, plateau, stuck, endedWith = 0 } = outside;
  // Closed by FIN, they may as well have been served.
  const turnedAway = plateau?.unserved ? plateau.turnedAway : 0;
  return Math.max(resets, turnedAway, stuck, resetsWhileFull, endedWith);
}

/** RSTs are sent in good health too, by clients that hurry away: of so many connections so few are no failure. */
function background({ outside }: Facts): number {
  return Math.max(5, 0.1 * (outside?.accepted ?? 0));
}

function unknown(rest: number): OutsideVerdict {
  const says = `${count(rest, 'failure')} that the kernel counted (RSTs, drops), and no cause explains: --load shows how users fare`;
  return {
    cause: 'unknown',
    verdict: 'unknown',
    explains: rest,
    for: [item('/proc/<pid>/net/snmp', 'Tcp OutRsts', 0, rest, says)],
    against: [],
  };
}

const noLines: EvidenceItem = item(
  'the server',
  'its own log',
  null,
  null,
  'it writes no lines that could be matched: whether it did this of its own accord it alone can tell',
);
