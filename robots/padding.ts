/**
 * The JSON of an object, padded to at least so many bytes by a field `pad` that means nothing. It is what it was where it is
 * long enough already.
 */
export function paddedJson(value: object, bytes: number): string {
  const bare = JSON.stringify(value);
  if (Buffer.byteLength(bare) >= bytes) return bare;
  const empty = JSON.stringify({ ...value, pad: '' });
  const pad = 'x'.repeat(Math.max(0, bytes - Buffer.byteLength(empty)));
  return JSON.stringify({ ...value, pad });
}
