import assert from 'node:assert/strict';

/** Fails unless all of these are in a page, each behind the one before it. */
export function inThisOrder(page: string, parts: readonly string[]): void {
  let at = -1;
  for (const part of parts) {
    const next = page.indexOf(part, at + 1);
    assert.ok(next > at, `${part}: ${page.includes(part) ? 'too early' : 'missing'}`);
    at = next;
  }
}

/** What a reader sees of a page: neither its tags nor its code. */
export function textOf(page: string): string {
  return page.replace(/<(script|style)\b.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ');
}
