import type { Bet, BetAck, BetReject, BetRejectReason } from '../protocol/betting.ts';
import type { SampleLine } from '../protocol/gateway-events.ts';
import type { Rounds } from './betting-rounds.ts';
import { textFrame } from './frame.ts';
import type { Ledger } from './ledger.ts';

const LONGEST_ID = 64;

/** Answers bets. `received` is always the sum of `recorded`, `duplicates` and `rejected`. */
export class Betting {
  readonly counts: SampleLine['bets'] = {
    received: 0,
    recorded: 0,
    duplicates: 0,
    rejected: 0,
  };
  readonly #rounds: Pick<Rounds, 'current'>;
  readonly #ledger: Ledger;

  constructor(rounds: Pick<Rounds, 'current'>, ledger: Ledger) {
    this.#rounds = rounds;
    this.#ledger = ledger;
  }

  /** Takes one message, whatever it holds, and gives the frame that answers it. Never throws. */
  answer(text: string | undefined): Buffer {
    this.counts.received++;
    return textFrame(this.#decide(parseBet(text)));
  }

  #decide(bet: Partial<Bet>): BetAck | BetReject {
    const { id, round, amount } = bet;
    if (id === undefined || round === undefined || amount === undefined) return this.#reject(id, 'bad-bet');
    const known = this.#ledger.roundOf(id);
    if (known !== undefined) {
      this.counts.duplicates++;
      return { type: 'bet-ack', id, round: known };
    }
    if (this.#rounds.current === undefined) return this.#reject(id, 'no-round-open');
    if (this.#rounds.current !== round) return this.#reject(id, 'wrong-round');
    this.#ledger.record(id, amount);
    this.counts.recorded++;
    return { type: 'bet-ack', id, round };
  }

  #reject(id: string | undefined, reason: BetRejectReason): BetReject {
    this.counts.rejected++;
    return { type: 'bet-reject', id: id ?? null, reason };
  }
}

// Gives the fields that are well formed; a bet needs all of them. By hand and not by zod: it runs once a bet.
function parseBet(text: string | undefined): Partial<Bet> {
  if (text === undefined) return {};
  try {
    const { type, id, round, amount } = (JSON.parse(text) ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) return {};
    if (type !== 'bet' || !Number.isSafeInteger(round)) return { id };
    if (typeof amount !== 'number' || !(amount > 0) || amount > Number.MAX_SAFE_INTEGER) return { id };
    return { type, id, round: round as number, amount };
  } catch {
    return {};
  }
}
