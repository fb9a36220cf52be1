import { Debug } from '../../../common/debug.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { retryUntil, within } from '../../../common/waiting.ts';
import { type Bracket, errorOf, measureClock, middleOf } from './clock.ts';
import { Member } from './member-at-lab.ts';
import type { MemberKind } from './messages.ts';
import type { Wire } from './wire.ts';

const debug = new Debug('channel');

/** A member ends what it has started first, which may have to be killed. */
const LEAVE_MS = 10_000;

/** The lab's end of the channel: whoever has come, and how the lab speaks to them. */
export class Hub {
  readonly #wire: Wire;
  readonly #members: Member[] = [];
  #came = Promise.withResolvers<void>();

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.accept((link) => {
      const member = new Member(link, () => {
        debug.say('%s has come', member.name);
        this.#members.push(member);
        this.#came.resolve();
        this.#came = Promise.withResolvers();
      });
      return member.listener;
    });
  }

  /** Members of that kind that are there, by their numbers, then by their containers. */
  those(kind: MemberKind): Member[] {
    return this.#members
      .filter((member) => !member.left && member.hello.member === kind)
      .sort((a, b) => a.hello.number - b.hello.number || (a.hello.host < b.hello.host ? -1 : 1));
  }

  /**
   * The first so many members of that kind, once they are there. Throws CannotRunError when they are not after `forMs`: how many have come, and
   * who was turned away; `why` may know more. An abort throws its reason.
   */
  async wait(
    kind: MemberKind,
    count: number,
    forMs: number,
    { why, signal }: { why?: () => string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Member[]> {
    const enough = async () => {
      while (this.those(kind).length < count) await this.#came.promise;
      return this.those(kind).slice(0, count);
    };
    const late = new Error('late');
    const what = `${count} of ${kind} to join the channel`;
    try {
      return await debug.wait(what, within(forMs, enough(), late, signal), forMs);
    } catch (error) {
      if (error !== late) throw error;
      const [stranger] = this.#wire.refused();
      const turned =
        stranger === undefined ? undefined : `${stranger} came with another token than the lab's`;
      const said = why?.() ?? turned;
      throw new CannotRunError(
        `channel: ${this.those(kind).length} of ${count} containers of ${kind} joined within ${forMs / 1000} s${said === undefined ? '' : `: ${said}`}`,
      );
    }
  }

  /** Tells all that no more orders come; resolves when they have left, or after some seconds. */
  async end(): Promise<void> {
    for (const member of this.#members) member.end();
    const left = () => this.#members.every((member) => member.left) || undefined;
    await retryUntil(left, { everyMs: 20, forMs: LEAVE_MS });
  }
}

/** A member's clock. */
export class MemberClock {
  readonly #member: Member;
  readonly #before: Bracket;
  readonly aheadMs: number;

  private constructor(member: Member, before: Bracket) {
    this.#member = member;
    this.#before = before;
    this.aheadMs = middleOf(before);
  }

  /** Measured now, and taken away from all times that it tells from now on. Throws when the member is lost meanwhile. */
  static async of(member: Member): Promise<MemberClock> {
    const clock = new MemberClock(member, await measureClock(() => member.askTime()));
    member.aheadMs = clock.aheadMs;
    return clock;
  }

  /** How far from `aheadMs` it may be, by what was measured so far. */
  get errorMs(): number {
    return errorOf(this.aheadMs, this.#before);
  }

  /** Measured again. Of a member that is lost, what was known at first. */
  async again(): Promise<{ aheadMs: number; afterMs?: number; errorMs: number }> {
    const { aheadMs } = this;
    try {
      const after = await measureClock(() => this.#member.askTime());
      return { aheadMs, afterMs: middleOf(after), errorMs: errorOf(aheadMs, this.#before, after) };
    } catch {
      return { aheadMs, errorMs: this.errorMs };
    }
  }
}
