/** @import { Tone } from '../chart.ts' */

/**
 * The colours in force: the style sheet has them, for light, dark and print.
 * @returns {{ text: string, dim: string, grid: string, ground: string, tone: (tone: Tone) => string, font: string }}
 */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  /** @param {string} name */
  const value = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: value('text'),
    dim: value('dim'),
    grid: value('grid'),
    ground: value('ground'),
    tone: (tone) => value(`tone-${tone}`),
    font: '12px system-ui, sans-serif',
  };
}

/**
 * Calls back when the colours change.
 * @param {() => void} changed
 */
export function onThemeChange(changed) {
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(query).addEventListener('change', changed);
  }
}
