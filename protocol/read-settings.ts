import { durationMs } from '../common/duration.ts';
import { type Part, SETTINGS, type Setting } from './settings.ts';
import type { TargetOptions } from './target-options.ts';

type Table = typeof SETTINGS;

/** What an entry reads as; a time in ms. */
export type ValueOf<Entry> = Entry extends { values: readonly (infer Value)[] }
  ? Value
  : Entry extends { kind: 'text' }
    ? string
    : Entry extends { kind: 'target' }
      ? TargetOptions
      : Entry extends { kind: 'addresses' }
        ? string[]
        : Entry extends { kind: 'ports' }
          ? [number, number]
          : number;

/** An entry as a part takes it. */
type As<P extends Part, Entry> = Entry extends Record<P, infer Own> ? Omit<Entry, keyof Own> & Own : Entry;

/** The name of each setting that a part takes, in capitals, and its value; undefined where it is not set and has no default. */
export type PartSettings<P extends Part> = {
  [Name in keyof Table as Table[Name] extends { parts: readonly (infer Taker)[] }
    ? P extends Taker
      ? Uppercase<Name>
      : never
    : never]: ValueOf<As<P, Table[Name]>> | (Table[Name] extends { default: unknown } ? never : undefined);
};

/** By kind, how a text is read; undefined: it is not allowed. */
type Readers = { [K in Setting['kind']]?: (text: string, setting: Setting & { kind: K }) => unknown };

/** The kinds that every part can read. */
const READERS: Readers = {
  whole: (text, bounds) => (/^\d{1,15}$/.test(text) ? within(Number(text), bounds) : undefined),
  choice: (text, { values }) => values.find((value) => value === text),
  duration: (text, { max }) => within(durationMs(text), { min: 0, max }),
  text: (text, { pattern }) => (pattern.test(text) ? text : undefined),
};

/** A setting that is not allowed; the message is one line: name, value, what is allowed. */
export class SettingsError extends Error {}

/**
 * Reads what a part takes from its environment. A variable that is set but empty counts as not set, since compose files pass
 * `NAME=` for what nobody chose. `presets` come before the defaults; `own` reads the kinds that only this part has.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readPart<P extends Part>(
  part: P,
  env: Record<string, string | undefined>,
  presets: Record<string, string> = {},
  own: Readers = {},
): PartSettings<P> {
  const readers = { ...READERS, ...own } as Record<string, (text: string, setting: Setting) => unknown>;
  const read: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [lower, entry] of Object.entries<Setting>(SETTINGS)) {
    if (!entry.parts?.includes(part)) continue;
    const name = lower.toUpperCase();
    const setting = { ...entry, ...entry[part] } as Setting;
    const text = env[name] || (presets[name] ?? setting.default);
    if (text === undefined) continue;
    read[name] = readers[setting.kind]?.(String(text), setting);
    if (read[name] === undefined)
      faults.push(`${name}=${JSON.stringify(text)} is not allowed: ${allowedBy(setting)}`);
  }
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return read as PartSettings<P>;
}

/** The value where it is in bounds. */
export function within(
  value: number | undefined,
  { min, max }: { min: number; max: number },
): number | undefined {
  return value === undefined || value < min || value > max ? undefined : value;
}

/** What a setting takes, as it stands in an error line. */
export function allowedBy(setting: Setting): string {
  if (setting.kind === 'whole') return `a whole number from ${setting.min} to ${setting.max}`;
  if (setting.kind !== 'choice') return setting.allowed;
  return setting.allowed ?? setting.values.map((value) => value || 'nothing').join(' or ');
}
