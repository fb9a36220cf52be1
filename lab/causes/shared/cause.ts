import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Facts } from '../../facts/facts.ts';
import type { RuntimeName } from '../../runtimes/runtime.ts';
import type { Overrides, Settings } from '../../settings/schema.ts';
import type { EvidenceItem, VerdictWord } from './verdict-types.ts';

/** What a suspect answers when it is asked. */
export interface Judgement {
  verdict: VerdictWord;
  for: EvidenceItem[];
  against: EvidenceItem[];
  /** What is missing of what the cause looks like, where a part of it was measured: said where it is refuted. */
  lacks?: string;
}

/** What the server's side alone says, when nobody tells how users fared. */
export interface Signs extends Judgement {
  /** Failures that the kernel counted and that this explains: RSTs, dropped packets, connections. */
  counted: number;
}

/** A change of settings that removes a cause. */
export interface Fix {
  /** As printed: `nofile 4096 → 8192`. */
  change: string;
  settings: Overrides;
}

/**
 * Who tells that a user is this cause's: the robots of themselves, the gateway (its lines, its process), the kernel's
 * counters, or nobody, so that it is inferred. Of two causes that claim a user the one with the better teller has it.
 */
export const TELLERS = ['robots', 'gateway', 'kernel', 'inferred'] as const;
export type Teller = (typeof TELLERS)[number];

/** One thing that makes connections fail. One file each; its advice stands beside it in Markdown. */
export interface Cause {
  id: string;
  title: string;
  toldBy: Teller;
  /** What would be measured if it were this one: said where it is refuted. */
  looksLike: string;
  /** The wider cause of which this is a form: what this one does not claim may still be that one's. */
  under?: string;
  /** Settings that make it happen; absent when the lab cannot make it alone. */
  scenario?: Overrides;
  /** What is otherwise with the native runtime on macOS: settings of the scenario, and what would be measured. */
  onDarwin?: { scenario?: Overrides; looksLike?: string };
  /** Where it can be made, and why nowhere else; absent: wherever its settings are taken. */
  only?: { runtimes: readonly RuntimeName[]; platform?: NodeJS.Platform; why: string };
  /** Does it explain how this user failed? Undefined: it may, and too little was seen to say so: then nobody does. */
  claims(user: UserLine, facts: Facts): boolean | undefined;
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

/** When a user failed, ms since the epoch. */
export function failedAt(user: UserLine): number {
  return user.startedAt + (user.endedMs ?? 0);
}

/** What the users came to, in the words of its evidence: ours is a gateway, a stranger's may be anything that serves. */
export function serverWord({ outside }: Pick<Facts, 'outside'>): 'gateway' | 'server' {
  return outside === undefined ? 'gateway' : 'server';
}

/** The gateway closed somebody, and the driver (k6) does not tell by which port this user could be found among them. */
export function isUnmatched(user: UserLine, { gateway }: Facts): boolean {
  return user.port === undefined && user.stage === 'open' && gateway.closes.size > 0;
}

/** The usual judgement: confirmed by these items when it explains somebody, else refuted by them. */
export function byClaims(claimed: number, items: EvidenceItem[]): Judgement {
  return claimed > 0
    ? { verdict: 'confirmed', for: items, against: [] }
    : { verdict: 'refuted', for: [], against: items };
}

/** The same, where a part of what the cause looks like was measured: `lacks` is the rest of it, which was not. */
export function byRest(claimed: number, items: EvidenceItem[], lacks: string | undefined): Judgement {
  const judgement = byClaims(claimed, items);
  return claimed > 0 || lacks === undefined ? judgement : { ...judgement, lacks };
}

/** The same for a cause that claims nobody where it was not seen whether there were descriptors left: that rules it out no more. */
export function bySeenClaims({ gap, failed }: Facts, claimed: number, items: EvidenceItem[]): Judgement {
  if (claimed === 0 && gap !== undefined && failed.length > 0)
    return { verdict: 'insufficient-data', for: [], against: items };
  return byClaims(claimed, items);
}

/** An item of evidence. */
export function item(
  source: string,
  name: string,
  before: EvidenceItem['before'],
  after: EvidenceItem['after'],
  says: string,
  limit?: number,
): EvidenceItem {
  return { source, name, before, after, ...(limit === undefined ? {} : { limit }), says };
}

/** The item with what would have been measured if it were not so. */
export function expecting(evidence: EvidenceItem, otherwise: string): EvidenceItem {
  return { ...evidence, otherwise };
}

/** The item for a kernel counter's growth. */
export function counterItem(facts: Facts, name: string, says: (growth: number) => string): EvidenceItem {
  const [group] = name.split(' ');
  const file = group === 'TcpExt' ? 'netstat' : 'snmp';
  const growth = facts.counter(name);
  return item(
    `/proc/<pid>/net/${file}`,
    name,
    0,
    growth ?? null,
    growth === undefined ? 'not measured' : says(growth),
  );
}
