import type { UserLine } from '../../robots/lines.ts';
import type { SettingName, Settings } from '../settings/schema.ts';
import type { Facts } from '../verdict/facts.ts';
import type { EvidenceItem, VerdictWord } from '../verdict/types.ts';

export type Overrides = Partial<Record<SettingName, string | number>>;

/** What a suspect answers when it is asked. */
export interface Judgement {
  verdict: VerdictWord;
  for: EvidenceItem[];
  against: EvidenceItem[];
}

/** A change of settings that removes a cause. */
export interface Fix {
  /** As printed: `nofile 4096 → 8192`. */
  change: string;
  settings: Overrides;
}

/** One thing that makes connections fail. One file each; its advice stands beside it in Markdown. */
export interface Cause {
  id: string;
  title: string;
  /** Settings that make it happen; absent when the lab cannot make it alone. */
  scenario?: Overrides;
  /** Does it explain how this user failed? The first cause in the registry that says so has it. */
  claims(user: UserLine, facts: Facts): boolean;
  /** The verdict, given how many failed users it explains. Pure. */
  judge(facts: Facts, claimed: number): Judgement;
  /** What to change; undefined where nothing that the lab can set helps. `highestNofile` bounds it. */
  fix?(facts: Facts, settings: Settings, highestNofile: number): Fix | undefined;
}

/** When a user failed, ms since the epoch. */
export function failedAt(user: UserLine): number {
  return user.startedAt + (user.endedMs ?? 0);
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
