import { defined } from '../../../common/defined.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { ServerEnd } from '../../facts/connections.ts';
import type { Facts } from '../../facts/facts.ts';
import { type Reading, sourceOf } from '../../facts/reading.ts';
import type { RuntimeName } from '../../runtimes/runtime.ts';
import type { Overrides, SettingName, Settings } from '../../settings/schema.ts';
import type { EvidenceItem, VerdictWord } from './verdict-types.ts';

export { failedAt, wasCut } from '../../facts/user-groups.ts';
/** All that the file of a cause needs. */
export type { Facts, Settings, UserLine };

/** An item of evidence, with what it was read from. */
export type Item = EvidenceItem & { read: Reading };

/** What a cause's `judge` gives. */
export interface Judgement {
  verdict: VerdictWord;
  for: Item[];
  against: Item[];
  /** The part of `looksLike` that was not measured, where another part was: said where the cause is refuted. */
  lacks?: string;
}

/** What the server's side alone says, when nobody reports how users fared. */
export interface Signs extends Judgement {
  /** Failures that the kernel counted and that this cause explains: RSTs, dropped packets, connections. */
  counted: number;
  /** The ends of connections among them: each end is attributed once, to the first of its causes (see `ownersOf`). */
  ends?: readonly ServerEnd[];
}

/** A change of settings that removes a cause. */
export interface Fix {
  /** As printed: `nofile 4096 → 8192`. */
  change: string;
  settings: Overrides;
}

/**
 * Who reports that a user failed by this cause: the robots, about themselves; the server's own calls (how its connections to others ended);
 * the gateway (its lines, its process); the kernel's counters; or nobody, so that it is inferred. A user that two causes claim is
 * attributed to the one whose teller stands earlier in this list.
 */
export const TELLERS = ['robots', 'calls', 'gateway', 'kernel', 'inferred'] as const;
export type Teller = (typeof TELLERS)[number];

/** A cause that goes before another one, whatever their tellers: a user that it claims, or may claim, is not attributed to the other. */
export interface Before {
  id: string;
  /** The users for whom that holds; absent: all. */
  when?(user: UserLine, facts: Facts): boolean;
}

/** One thing that makes connections fail. One file each; its advice stands beside it in Markdown. */
export interface Cause {
  id: string;
  title: string;
  toldBy: Teller;
  /** What would be measured if it were this cause: said where it is refuted. */
  looksLike: string;
  /** The wider cause that this one is a sub-cause of: a user that this one does not claim may still be attributed to that one. */
  under?: string;
  /** By these facts it is no sub-cause of that one. */
  standsAlone?(facts: Facts): boolean;
  /** The causes that go before it. */
  after?: readonly Before[];
  /** Settings that make it happen; absent when the lab cannot make it alone. */
  scenario?: Overrides;
  /** What differs with the native runtime on macOS: settings of the scenario, and what would be measured. */
  onDarwin?: { scenario?: Overrides; looksLike?: string };
  /** Where it can be made, and why nowhere else; absent: wherever its settings apply. */
  only?: { runtimes: readonly RuntimeName[]; platform?: NodeJS.Platform; why: string };
  /** Does it explain how this user failed? Undefined: it may, but too little was seen to decide: then no cause does. */
  claims(user: UserLine, facts: Facts): boolean | undefined;
  /**
   * How near in time two things must be that different parts told, for its claim on this user, ms: the window that the claim uses, or less
   * where a smaller error would change it (`windowAt`). Undefined: it compares no such times. Where the clocks are known no better, nobody
   * knows whether it explains the user; the verdict sees to that (lab/verdict/doubt.ts), `claims` need not.
   */
  windowMs?(user: UserLine, facts: Facts): number | undefined;
  /** Why nobody can tell in these facts, whatever was measured; undefined: one can. Then `claims` is undefined where it may be. */
  untold?(facts: Facts): Item | undefined;
  /** The most users that it can have failed, by its own counter: one event fails one user at most. Absent: no counter is its alone. */
  most?(facts: Facts): number;
  /** The verdict, given how many failed users this cause and its sub-causes explain. Pure. */
  judge(facts: Facts, claimed: number): Judgement;
  /** The verdict on a server that is not ours, whose users report nothing; absent where only users could tell. Pure. */
  signs?(facts: Facts): Signs;
  /** What to change; undefined where nothing that the lab can set helps. `highestNofile` bounds it. */
  fix?(facts: Facts, settings: Settings, highestNofile: number): Fix | undefined;
}

/** Can a cause with this bound be made on that runtime of that system? */
export function canBeMade(
  { runtimes, platform: needed }: NonNullable<Cause['only']>,
  runtime: RuntimeName,
  platform: NodeJS.Platform,
): boolean {
  return runtimes.includes(runtime) && (needed === undefined || needed === platform);
}

/** What evidence calls the server: ours is a gateway, one that is not ours may be anything that serves. */
export function serverWord({ outside }: Pick<Facts, 'outside'>): 'gateway' | 'server' {
  return outside === undefined ? 'gateway' : 'server';
}

/** The gateway closed users, and the driver (k6) reports no port by which this user could be matched to one of those closes. */
export function isUnmatched(user: UserLine, { cuts }: Facts): boolean {
  return user.port === undefined && user.stage === 'open' && cuts.size > 0;
}

/** The usual judgement: confirmed by these items when the cause explains a user, else refuted by them. */
export function byClaims(claimed: number, items: Item[]): Judgement {
  return claimed > 0
    ? { verdict: 'confirmed', for: items, against: [] }
    : { verdict: 'refuted', for: [], against: items };
}

/** The same, where a part of `looksLike` was measured: `lacks` is the part that was not. */
export function byRest(claimed: number, items: Item[], lacks: string | undefined): Judgement {
  return { ...byClaims(claimed, items), ...(claimed > 0 ? {} : defined({ lacks })) };
}

/** The same for a cause that claims nobody where nobody saw whether descriptors were left: then claiming nobody does not rule it out. */
export function bySeenClaims({ gap, failed }: Facts, claimed: number, items: Item[]): Judgement {
  const unseen = claimed === 0 && gap !== undefined && failed.length > 0;
  return unseen ? undecided(items) : byClaims(claimed, items);
}

/** The cause explains no user by itself, but helped to make them fail. */
export function contributing(items: Item[]): Judgement {
  return { verdict: 'contributing', for: items, against: [] };
}

/** What would decide could not be read. */
export function undecided(items: Item[]): Judgement {
  return { verdict: 'insufficient-data', for: [], against: items };
}

/** By the server's side alone: confirmed by this number of failures that the kernel counted; at 0 refuted, by the same items. */
export function byCount(counted: number, items: Item[]): Signs {
  return { ...byClaims(counted, items), counted };
}

/** The same, by these ends of connections. */
export function byEnds(ends: readonly ServerEnd[], items: Item[]): Signs {
  return { ...byCount(ends.length, items), ends };
}

/** The same judgement where no failure was counted. */
export function uncounted(judgement: Judgement): Signs {
  return { ...judgement, counted: 0 };
}

/** An item of evidence, by what it was read from. */
export function item(
  read: Reading,
  name: string,
  before: EvidenceItem['before'],
  after: EvidenceItem['after'],
  says: string,
  limit?: number,
): Item {
  return defined({ source: sourceOf(read), name, before, after, limit, says, read });
}

/** The item for what could not be read. */
export function unread(read: Reading, name: string): Item {
  return item(read, name, null, null, 'could not be read');
}

/** The item with what would have been measured if it were not so. */
export function expecting(evidence: Item, otherwise: string): Item {
  return { ...evidence, otherwise };
}

/** The item for so much growth of a kernel counter. */
export function grownItem(counter: string, growth: number | null, says: string): Item {
  return item({ counter }, counter, 0, growth, says);
}

/** The same for its growth during the load. */
export function counterItem({ counter }: Facts, name: string, says: (growth: number) => string): Item {
  const growth = counter(name);
  return grownItem(name, growth ?? null, growth === undefined ? 'not measured' : says(growth));
}

/** The item for the RSTs that anybody sent in the server's network namespace. */
export function resetsItem(facts: Facts): Item {
  const where = `in the ${serverWord(facts)}'s network namespace`;
  return counterItem(facts, 'Tcp OutRsts', (growth) => `${growth} RST sent ${where}`);
}

/** A limit that a fix raises has a tenth to spare: one that is just enough today is the same bug tomorrow. */
export const WITH_A_TENTH = 1.1;

/** The change of one setting, as a fix. */
export function change(name: SettingName, from: string | number, to: string | number): Fix {
  return { change: `${name} ${from} → ${to}`, settings: { [name]: to } };
}

/** Several changes as one, those that are undefined left out; undefined where there is none. */
export function together(changes: readonly (Fix | undefined)[], between = ', '): Fix | undefined {
  const fixes = changes.filter((one) => one !== undefined);
  if (fixes.length === 0) return undefined;
  return {
    change: fixes.map(({ change }) => change).join(between),
    settings: Object.assign({}, ...fixes.map(({ settings }) => settings)),
  };
}
