/**
 * A number as short as it can be without lying.
 * @param {number | null | undefined} value
 * @param {string} unit
 * @returns {string}
 */
export function numberText(value, unit) {
  if (value === null || value === undefined) return '–';
  const digits = unit === 's' ? 2 : Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)}${['s', 'ms', '%'].includes(unit) ? ` ${unit}` : ''}`;
}

/**
 * Milliseconds in the unit that a person would take, to three digits: `0.4 ms`, `1.5 s`, `2 min`.
 * @param {number} ms
 * @returns {string}
 */
export function timeText(ms) {
  const [size, unit] =
    ms < 1000 ? [1, 'ms'] : ms < 60_000 ? [1000, 's'] : ms < 3_600_000 ? [60_000, 'min'] : [3_600_000, 'h'];
  return `${Number((ms / size).toPrecision(3))} ${unit}`;
}

/**
 * The index of the value at or before `index` that is known; null when there is none.
 * @param {ArrayLike<number | null | undefined>} values
 * @param {number} index
 * @returns {number | null}
 */
export function knownBefore(values, index) {
  for (let at = index; at >= 0; at -= 1) if (values[at] !== null && values[at] !== undefined) return at;
  return null;
}
