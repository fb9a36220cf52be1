import { defined } from '../../common/defined.ts';
import type {
  FleetDoneLine,
  FleetLine,
  GatedPhase,
  OwnSelf,
  ProgressLine,
  UserLine,
  WaitingLine,
} from '../../protocol/fleet-events.ts';
import type { Told } from '../../robots/merge.ts';
import { LOST, wasCutShort } from '../../robots/outcome.ts';
import type { Part } from '../runtimes/runtime.ts';
import type { Share } from '../settings/shares.ts';
import { untoldUser } from './untold-user.ts';

/** One fleet of a load of several, in what it has said so far. */
export class Fleet implements Told {
  part: Part | undefined;
  loadAt: number | undefined;
  progress: ProgressLine | undefined;
  done: FleetDoneLine | undefined;
  waitingFor: GatedPhase | undefined;
  /** Where its users come from. */
  address: string | undefined;
  /** All its users are open or have failed. */
  settled = false;
  gone = false;
  /** When it was heard of that it had ended before its load was over, ms since the epoch. */
  lostAt: number | undefined;
  readonly share: Share;
  /** 1 for each user that it has told of. */
  readonly #told: Uint8Array;
  #open = 0;
  #failed = 0;

  constructor(share: Share) {
    this.share = share;
    this.#told = new Uint8Array(share.users);
  }

  get asked(): number {
    return this.share.users;
  }

  take(line: FleetLine | WaitingLine): void {
    if (line.event === 'user') this.#takeUser(line);
    else if (line.event === 'progress') this.progress = line;
    else if (line.event === 'done') this.done = line;
    else if (line.event === 'waiting') {
      this.waitingFor = line.for;
      this.address ??= line.address;
    } else if (line.phase === 'load') this.loadAt = line.at;
    else if (line.phase === 'settled') this.settled = true;
  }

  #takeUser(line: UserLine): void {
    this.#told[line.id - this.share.firstId] = 1;
    if (line.outcome === 'open') this.#open += 1;
    else if (!wasCutShort(line)) this.#failed += 1;
  }

  /** A line of a user, with where it comes from. */
  placed(line: FleetLine): FleetLine {
    return line.event === 'user' ? { ...line, ...defined({ address: this.address }) } : line;
  }

  /** Lets it into a phase, at that moment by the lab's clock; undefined: at once. */
  go(phase: GatedPhase, moment: number | undefined): void {
    this.waitingFor = undefined;
    this.part?.say?.(moment === undefined ? phase : `${phase} ${moment + (this.part.aheadMs ?? 0)}`);
  }

  /**
   * It has ended before its load was over. Gives a line for each user that it has not told of: these are neither open nor failed in what
   * it has said last from now on.
   */
  lose(): UserLine[] {
    const at = Date.now();
    this.lostAt = at;
    const { self = NOBODY } = this.progress ?? {};
    // Of bets that it had no answer to nobody knows whether they were on the way.
    const acked = this.progress?.bets.acked ?? 0;
    const bets = { placed: acked, acked, rejected: 0 };
    const last = { at, asked: this.asked, open: this.#open, failed: this.#failed, bets, self };
    // None of its users is going to start any more.
    this.progress = { event: 'progress', ...last, started: this.asked };
    this.done = { event: 'done', ...last, settledMs: 0, interrupted: true, bottlenecks: [] };
    const untold: UserLine[] = [];
    for (const [index, told] of this.#told.entries())
      if (told === 0) untold.push(untoldUser(this.share.firstId + index, this.loadAt ?? at, LOST));
    return untold;
  }
}

/** What holds no users: the lab itself, or a fleet that has told nothing of itself. */
export const NOBODY: OwnSelf = {
  processes: 0,
  nofile: 0,
  room: 0,
  descriptors: 0,
  ports: { first: 0, last: 0, addresses: 0, taken: [] },
  sysctls: {},
  loop: { p50: 0, p99: 0, max: 0, busy: 0 },
  rss: 0,
  cpuMicros: 0,
};
