/** A value in a line of its own, shortened. */
export function shown(value: unknown): string {
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).replace(
    /\s+/g,
    ' ',
  );
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
