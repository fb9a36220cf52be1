/** Stretches of time that a rate is told for: about as many as a chart can show on a phone. */
const MOST = 240;
const SHORTEST_MS = 250;

/** Events of several kinds, counted by stretches of one length: however many there are, it takes the same memory. */
export class TimeBins<Kind extends string> {
  /** Of a stretch, ms. */
  readonly width: number;
  readonly #from: number;
  readonly #length: number;
  readonly #counts = new Map<Kind, number[]>();

  /** Between two moments, ms since the epoch; what lies outside is left out. */
  constructor(from: number, to: number) {
    this.width = SHORTEST_MS;
    while ((to - from) / this.width > MOST) this.width *= 2;
    this.#from = from;
    this.#length = Math.max(1, Math.floor((to - from) / this.width) + 1);
  }

  add(kind: Kind, at: number): void {
    const index = Math.floor((at - this.#from) / this.width);
    if (!(index >= 0 && index < this.#length)) return;
    const counts = this.#counts.get(kind) ?? new Array<number>(this.#length).fill(0);
    counts[index] = (counts[index] ?? 0) + 1;
    this.#counts.set(kind, counts);
  }

  /** How many in each stretch, with the moment at which it begins, ms since the epoch. */
  of(kind: Kind): { at: number; count: number }[] {
    const counts = this.#counts.get(kind) ?? [];
    return counts.map((count, index) => ({ at: this.#from + index * this.width, count }));
  }
}
