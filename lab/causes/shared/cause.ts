import { defined } from '../../../common/defined.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { ServerEnd } from '../../facts/connections.ts';
import type { Facts } from '../../facts/facts.ts';
import { type Reading, sourceOf } from '../../facts/reading.ts';
import type { RuntimeName } from '../../runtimes/runtime.ts';
import type { Overrides, SettingName, Settings } from '../../settings/schema.ts';
import type { EvidenceItem, VerdictWord } from './verdict-types.ts';

export { failedAt, wasCut } from '../../facts/user-groups.ts';
/** All that the file of a cause is written with. */
export type { Facts, Settings, UserLine };

/** An item of evidence, with what it was read from. */
export type Item = EvidenceItem & { read: Reading };

/** What a suspect answers when it is asked. */
export interface Judgement {
  verdict: VerdictWord;
  for: Item[];
  against: Item[];
  /** What is missing of what the cause looks like, where a part of it was measured: said where it is refuted. */
  lacks?: string;
}

/** What the server's side alone says, when nobody tells how users fared. */
export interface Signs extends Judgement {
  /** Failures that the kernel counted and that this explains: RSTs, dropped packets, connections. */
  counted: number;
  /** Which ends of connections are among them: one end is explained once, by the first of its causes (see `ownersOf`). */
  ends?: readonly ServerEnd[];
}

/** A change of settings that removes a cause. */
export interface Fix {
  /** As printed: `nofile 4096 → 8192`. */
  change: string;
  settings: Overrides;
}

/**
 * Who tells that a user is this cause's: the robots of themselves, the server's own calls (what came of the connections that it asked
 * others for), the gateway (its lines, its process), the kernel's counters, or nobody, so that it is inferred. Of two causes that
 * claim a user the one with the better teller has it.
 */
export const TELLERS = ['robots', 'calls', 'gateway', 'kernel', 'inferred'] as const;
export type Teller = (typeof TELLERS)[number];

/** A cause that goes before another one, whoever tells of them: a user that it claims, or may claim, is not the other's. */
export interface Before {
  id: string;
  /** The users of whom that holds; absent: all. */
  when?(user: UserLine, facts: Facts): boolean;
}

/** One thing that makes connections fail. One file each; its advice stands beside it in Markdown. */
export interface Cause {
  id: string;
  title: string;
  toldBy: Teller;
  /** What would be measured if it were this one: said where it is refuted. */
  looksLike: string;
  /** The wider cause of which this is a form: what this one does not claim may still be that one's. */
  under?: string;
  /** It is no form of that one here. */
  standsAlone?(facts: Facts): boolean;
  /** The causes that go before it. */
  after?: readonly Before[];
  /** Settings that make it happen; absent when the lab cannot make it alone. */
  scenario?: Overrides;
  /** What is otherwise with the native runtime on macOS: settings of the scenario, and what would be measured. */
  onDarwin?: { scenario?: Overrides; looksLike?: string };
  /** Where it can be made, and why nowhere else; absent: wherever its settings are taken. */
  only?: { runtimes: readonly RuntimeName[]; platform?: NodeJS.Platform; why: string };
  /** Does it explain how this user failed? Undefined: it may, and too little was seen to say so: then nobody does. */
  claims(user: UserLine, facts: Facts): boolean | undefined;
  /** How many users it can have failed, by what was counted of it: one event fails one user at most. Absent: nothing is counted of it alone. */
  most?(facts: Facts): number;
  /** The verdict, given how many failed users it and the causes under it explain. Pure. */
  judge(facts: Facts, claimed: number): Judgement;
  /** The verdict on a server that is not ours and whose users nobody asked; absent where only users could tell. Pure. */
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

/** What the users came to, in the words of its evidence: ours is a gateway, a stranger's may be anything that serves. */
export function serverWord({ outside }: Pick<Facts, 'outside'>): 'gateway' | 'server' {
  return outside === undefined ? 'gateway' : 'server';
}

/** The gateway closed somebody, and the driver (k6) does not tell by which port this user could be found among them. */
export function isUnmatched(user: UserLine, { cuts }: Facts): boolean {
  return user.port === undefined && user.stage === 'open' && cuts.size > 0;
}

/** The usual judgement: confirmed by these items when it explains somebody, else refuted by them. */
export function byClaims(claimed: number, items: Item[]): Judgement {
  return claimed > 0
    ? { verdict: 'confirmed', for: items, against: [] }
    : { verdict: 'refuted', for: [], against: items };
}

/** The same, where a part of what the cause looks like was measured: `lacks` is the rest of it, which was not. */
export function byRest(claimed: number, items: Item[], lacks: string | undefined): Judgement {
  return { ...byClaims(claimed, items), ...(claimed > 0 ? {} : defined({ lacks })) };
}

/** The same for a cause that claims nobody where it was not seen whether there were descriptors left: that rules it out no more. */
export function bySeenClaims({ gap, failed }: Facts, claimed: number, items: Item[]): Judgement {
  const unseen = claimed === 0 && gap !== undefined && failed.length > 0;
  return unseen ? undecided(items) : byClaims(claimed, items);
}

/** It explains nobody, but made it happen. */
export function contributing(items: Item[]): Judgement {
  return { verdict: 'contributing', for: items, against: [] };
}

/** What it is judged by could not be read. */
export function undecided(items: Item[]): Judgement {
  return { verdict: 'insufficient-data', for: [], against: items };
}

/** By what the server shows alone: confirmed by so many failures that the kernel counted, else refuted, by the same items. */
export function byCount(counted: number, items: Item[]): Signs {
  return { ...byClaims(counted, items), counted };
}

/** The same by these ends of connections. */
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

/** The item for the RSTs that anybody sent where the server is. */
export function resetsItem(facts: Facts): Item {
  const where = `in the ${serverWord(facts)}'s network namespace`;
  return counterItem(facts, 'Tcp OutRsts', (growth) => `${growth} RST sent ${where}`);
}

/** What a fix raises has a tenth to spare: a limit that is just enough today is the same bug tomorrow. */
export const WITH_A_TENTH = 1.1;

/** A setting given another value, as a fix. */
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
