/**
 * A number as short as it can be without lying.
 * @param {number | null | undefined} value
 * @param {string} unit
 * @returns {string}
 */
export function numberText(value, unit) {
  if (value === null || value === undefined) return '–';
  const digits = unit === 's' ? 2 : Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)}${unit === 's' || unit === 'ms' ? ` ${unit}` : ''}`;
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
