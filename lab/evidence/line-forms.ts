/** Makes what lines of one form have, from the numbers in which they differ. */
export type Make = (next: () => number) => unknown;

/** A text of which the end counts: a port behind an address that many have. No zero before it, so that it is the same again. */
const COUNTED = /^(.*\D)([1-9]\d{0,14})$/s;

/** What is the same in many such values; the numbers in which they differ go to `numbers`. */
export function formOf(value: unknown, numbers: number[]): string {
  if (typeof value === 'number') {
    numbers.push(value);
    return '#';
  }
  if (typeof value === 'string') {
    const [, words = value, end] = countedIn(value) ?? [];
    if (end !== undefined) numbers.push(Number(end));
    return `${words.length}"${words}${end === undefined ? '' : '#'}`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  let form = Array.isArray(value) ? '[' : '{';
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined) form += `${key.length}:${key}${formOf(inner, numbers)}`;
  }
  return `${form}}`;
}

function countedIn(text: string): RegExpExecArray | null {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0x30 && last <= 0x39 ? COUNTED.exec(text) : null;
}

/** What makes the lines of the form of this one. */
export function makerOf(value: unknown): Make {
  if (typeof value === 'number') return (next) => next();
  if (typeof value === 'string') {
    const words = countedIn(value)?.[1];
    return words === undefined ? () => value : (next) => words + next();
  }
  if (typeof value !== 'object' || value === null) return () => value;
  if (Array.isArray(value)) {
    const makers = value.map(makerOf);
    return (next) => makers.map((make) => make(next));
  }
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const makers = entries.map(([key, inner]) => [key, makerOf(inner)] as const);
  // A copy has its size from the beginning; what grows key by key leaves as much again behind.
  const blank = Object.fromEntries(entries.map(([key]) => [key, undefined]));
  return (next) => {
    const made: Record<string, unknown> = { ...blank };
    for (const [key, make] of makers) made[key] = make(next);
    return made;
  };
}

/**
 * The same, many times as fast, as code of its own: each line is one literal, whose shape the engine knows. To make it costs as much as some
 * hundred lines. Undefined where Node is told to make no code (--disallow-code-generation-from-strings).
 */
export function compiledMakerOf(value: unknown): Make | undefined {
  try {
    return new Function('next', `return ${sourceOf(value)};`) as Make;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** An expression that is equal to the value, with its numbers from `next`. Texts and keys stand in it as JSON: what they hold stays text. */
function sourceOf(value: unknown): string {
  if (typeof value === 'number') return 'next()';
  if (typeof value === 'string') {
    const words = countedIn(value)?.[1];
    return words === undefined ? JSON.stringify(value) : `${JSON.stringify(words)}+next()`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(',')}]`;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries.map(([key, inner]) => `${keySource(key)}:${sourceOf(inner)}`).join(',')}}`;
}

/** In a literal only the computed key is no more than a key (ECMA-262, B.3.1 __proto__ Property Names in Object Initializers). */
function keySource(key: string): string {
  return key === '__proto__' ? '["__proto__"]' : JSON.stringify(key);
}
