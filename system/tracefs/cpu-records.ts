import { eachRecord, hasGap } from './records.ts';

/** Gets where a record of `page` begins, how long it is, and its time in ns. */
export type TakeRecord = (page: DataView, at: number, length: number, ns: number) => void;

/** The records of one CPU that were read and not taken yet, as the kernel wrote them: thousands of objects need not wait. */
export class CpuRecords {
  /** The pages, one behind the other, and a look at them. */
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  /** Of each record. */
  #at: number[] = [];
  #length: number[] = [];
  #ns: number[] = [];
  /** So many were taken. */
  #taken = 0;

  /** Takes in a page of `trace_pipe_raw`. True: some before it were written over. */
  add(page: Uint8Array): boolean {
    const from = this.#end;
    this.#makeRoomFor(page.length);
    this.#bytes.set(page, from);
    this.#end += page.length;
    const view = new DataView(this.#bytes.buffer, from, page.length);
    eachRecord(view, (at, length, ns) => {
      this.#at.push(from + at);
      this.#length.push(length);
      this.#ns.push(ns);
    });
    return hasGap(view);
  }

  #makeRoomFor(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const more = new Uint8Array(2 * (this.#end + bytes));
    more.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = more;
    this.#view = new DataView(more.buffer);
  }

  /** When the next one was written; without one, never. */
  get next(): number {
    return this.#ns[this.#taken] ?? Number.POSITIVE_INFINITY;
  }

  /** Hands out those that were written up to `until`, ns. */
  takeUpTo(until: number, take: TakeRecord): void {
    for (; this.#taken < this.#ns.length; this.#taken += 1) {
      const ns = this.#ns[this.#taken] as number;
      if (ns > until) return;
      take(this.#view, this.#at[this.#taken] as number, this.#length[this.#taken] as number, ns);
    }
  }

  /** Forgets what was taken, so that there is room for what comes. */
  tidy(): void {
    const from = this.#at[this.#taken] ?? this.#end;
    this.#bytes.copyWithin(0, from, this.#end);
    this.#end -= from;
    this.#at = this.#at.slice(this.#taken).map((at) => at - from);
    this.#length = this.#length.slice(this.#taken);
    this.#ns = this.#ns.slice(this.#taken);
    this.#taken = 0;
  }
}

/** Hands out the records of all of them that were written up to `until`, ns, in the order of their times; of two at one time the first's first. */
export function takeInOrder(
  all: readonly CpuRecords[],
  until: number,
  take: (page: DataView, at: number, length: number, ns: number, of: number) => void,
): void {
  const takers = all.map(
    (_, of): TakeRecord =>
      (page, at, length, ns) =>
        take(page, at, length, ns, of),
  );
  for (;;) {
    let earliest = -1;
    let ns = Number.POSITIVE_INFINITY;
    /** When the earliest of the others was written. */
    let others = Number.POSITIVE_INFINITY;
    for (let of = 0; of < all.length; of += 1) {
      const next = (all[of] as CpuRecords).next;
      if (next < ns) {
        others = ns;
        ns = next;
        earliest = of;
      } else if (next < others) others = next;
    }
    if (earliest < 0 || ns > until) return;
    (all[earliest] as CpuRecords).takeUpTo(Math.min(until, others), takers[earliest] as TakeRecord);
  }
}
