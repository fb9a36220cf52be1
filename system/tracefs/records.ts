/** Kinds of entries in a page (include/linux/ring_buffer.h ring_buffer_type); below them: a record, its length in words. */
const [PADDING, TIME_EXTEND, TIME_STAMP] = [29, 30, 31];
/** The commit counter of a page has flags above its size (kernel/trace/ring_buffer.c RB_MISSED_EVENTS). */
const SIZE = 0xf_ffff;
const MISSED_EVENTS = 0x8000_0000;
const DATA_AT = 16;
/** What an absolute time has no bits for is that of the page (kernel/trace/ring_buffer.c rb_fix_abs_ts). */
const STAMP_BITS = 2 ** 59;

/**
 * The records in a page of `trace_pipe_raw`: `take` gets where each begins, how long it is, and its time in ns. What makes no sense ends
 * the page. Of machines whose low byte comes first, with words of 64 bits: all that Node has for Linux.
 */
export function eachRecord(page: DataView, take: (at: number, length: number, ns: number) => void): void {
  if (page.byteLength < DATA_AT) return;
  const begin = Number(page.getBigUint64(0, true));
  const end = Math.min(DATA_AT + (page.getUint32(8, true) & SIZE), page.byteLength);
  let ns = begin;
  for (let at = DATA_AT; at + 4 <= end; ) {
    const header = page.getUint32(at, true);
    const kind = header & 31;
    const delta = header >>> 5;
    if (kind > 0 && kind < PADDING) {
      ns += delta;
      if (at + 4 + kind * 4 > end) return;
      take(at + 4, kind * 4, ns);
      at += 4 + kind * 4;
      continue;
    }
    if (at + 8 > end) return;
    const word = page.getUint32(at + 4, true);
    if (kind === TIME_EXTEND) {
      ns += delta + word * 2 ** 27;
      at += 8;
    } else if (kind === TIME_STAMP) {
      ns = Math.floor(begin / STAMP_BITS) * STAMP_BITS + delta + word * 2 ** 27;
      at += 8;
    } else {
      if (kind === PADDING && delta === 0) return;
      ns += delta;
      // The length counts itself; a record has at least its event's number.
      if (word < 4 || at + 4 + word > end) return;
      if (kind === 0 && word >= 8) take(at + 8, word - 4, ns);
      at += 4 + ((word + 3) & ~3);
    }
  }
}

/** Were events lost before this page (kernel/trace/ring_buffer.c ring_buffer_read_page)? */
export function hasGap(page: DataView): boolean {
  return page.byteLength >= DATA_AT && (page.getUint32(8, true) & MISSED_EVENTS) !== 0;
}
