import type { Ending, Part, PartSpec } from '../runtime.ts';

/**
 * What goes over the channel: parts on other machines, and in other containers than the lab can reach, connect to the lab over a WebSocket,
 * take orders and send lines. Each message is one text frame of JSON.
 */

/** What a member of the channel has beside it: a gateway, whose observer it starts as well; a fleet of robots; or k6. */
export const MEMBER_KINDS = ['gateway', 'robots', 'k6'] as const;
export type MemberKind = (typeof MEMBER_KINDS)[number];

/** The first message of a member. */
export interface Hello {
  say: 'hello';
  member: MemberKind;
  /** Which of its kind, from 0; absent: any. */
  number?: number;
  /** Its container. */
  host: string;
  /** The machine that it is on; absent: the lab's own. */
  where?: string;
  /** IPv4 addresses of its container, by interface. */
  addresses: Record<string, string>;
  /** What delays each of these interfaces: the qdisc at its root, where it is one of docker/delay.sh. */
  qdiscs: Record<string, string>;
}

/** A program that a member is to start. */
export type Program = Pick<PartSpec, 'role' | 'module' | 'nodeOptions' | 'env' | 'nofile'>;

type SignalName = Parameters<Part['signal']>[0];

/** The lab's word to a member. Parts are numbered by the lab, from 1, over all of a member's life. */
export type ToMember =
  | { say: 'start'; part: number; program: Program }
  /** What the gateway of this container writes, which the member has not started: its lines are those of this part. */
  | { say: 'follow'; part: number }
  | { say: 'signal'; part: number; name: SignalName }
  /** To the program's stdin. */
  | { say: 'line'; part: number; text: string }
  | { say: 'time'; id: number }
  /** No more orders come: the member ends all that it has started, and itself. */
  | { say: 'end' };

/** A member's word to the lab. */
export type ToLab =
  | Hello
  /** Of a part's stdout, as they came. */
  | { say: 'lines'; part: number; lines: unknown[] }
  | { say: 'ended'; part: number; ending: Ending }
  /** When the question came, and when the answer went: ms since the epoch, by the member's clock. */
  | { say: 'time'; id: number; received: number; sent: number };
