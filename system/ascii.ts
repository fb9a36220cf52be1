/** Texts of the kernel and its tools by their bytes, in place: strings cut from them would cost more than they tell. */

export const NEWLINE = 10;
export const SPACE = 32;
export const PERCENT = 37;
export const COLON = 58;
export const BRACKET = 91;

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

/** The whole number that begins there, before `to`; 0 where none does. */
export function numberAt(text: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to && isDigit(text[at]); at += 1) value = value * 10 + (text[at] as number) - 48;
  return value;
}
