/** Rounds whose bet ids are remembered, the current one included. */
const REMEMBERED = 4;

interface Page {
  round: number;
  /** The journal: one id for each bet recorded, in order. */
  ids: string[];
  amount: number;
}

/**
 * Who bet, once each. De-duplication reads an index; the count of doubled ids reads the journal and never the index, so
 * it would see what a broken index let through.
 */
export class Ledger {
  /** Entries of the journal, over all rounds. */
  entries = 0;
  /** Ids found in the journal more than once, as far as rounds have been closed. */
  doubled = 0;
  readonly #index = new Map<string, number>();
  #page: Page = { round: 0, ids: [], amount: 0 };
  readonly #closed: Set<string>[] = [];

  /** The round in which this id was recorded, while the ledger remembers it. */
  roundOf(id: string): number | undefined {
    return this.#index.get(id);
  }

  /** Starts a round; bets recorded from now on belong to it. */
  openRound(round: number): void {
    this.#page = { round, ids: [], amount: 0 };
  }

  /** Records a bet in the current round. Ask `roundOf` first: it does not look whether the id is known. */
  record(id: string, amount: number): void {
    this.#index.set(id, this.#page.round);
    this.#page.ids.push(id);
    this.#page.amount += amount;
    this.entries++;
  }

  /** Ends the current round: audits its journal, forgets the oldest one, and gives the round's totals. */
  closeRound(): { bets: number; amount: number } {
    const { ids, amount } = this.#page;
    const audited = new Set<string>();
    for (const id of ids) {
      if (audited.has(id) || this.#closed.some((older) => older.has(id))) this.doubled++;
      audited.add(id);
    }
    this.#closed.push(audited);
    if (this.#closed.length >= REMEMBERED)
      for (const id of this.#closed.shift() ?? []) this.#index.delete(id);
    this.#page = { round: 0, ids: [], amount: 0 };
    return { bets: ids.length, amount };
  }
}
