import { durationMs } from '../common/duration.ts';
import { type Part, SETTINGS, type Setting } from './settings.ts';

type Table = typeof SETTINGS;

/** An entry as a part takes it. */
type As<P extends Part, Entry> = Entry extends Record<P, infer Own> ? Omit<Entry, keyof Own> & Own : Entry;

type ValueOf<Entry> = Entry extends { values: readonly (infer Value)[] }
  ? Value
  : Entry extends { kind: 'whole' | 'duration' }
    ? number
    : Entry extends { kind: 'addresses' }
      ? string[]
      : string;

/** The name of each setting that a part takes, in capitals, and what it reads; undefined where it is not set and has no default. */
export type PartSettings<P extends Part> = {
  [Name in keyof Table as Table[Name] extends { parts: readonly (infer Taker)[] }
    ? P extends Taker
      ? Uppercase<Name>
      : never
    : never]: ValueOf<As<P, Table[Name]>> | (Table[Name] extends { default: unknown } ? never : undefined);
};

/** A setting that is not allowed; the message is one line: name, value, what is allowed. */
export class SettingsError extends Error {}

/** The value of a text; undefined: it is not allowed. */
type Reader = (text: string) => unknown;

/**
 * Reads what a part takes from its environment. A variable that is set but empty counts as not set, since compose files pass
 * `NAME=` for what nobody chose. `presets` come before the defaults; `readers` read the kinds that only this part has.
 * @throws {SettingsError} naming every value that is not allowed.
 */
export function readPart<P extends Part>(
  part: P,
  env: Record<string, string | undefined>,
  presets: Record<string, string> = {},
  readers: Partial<Record<Setting['kind'], Reader>> = {},
): PartSettings<P> {
  const faults: string[] = [];
  const read: Record<string, unknown> = {};
  for (const [lower, entry] of Object.entries<Setting>(SETTINGS)) {
    if (!entry.parts?.includes(part)) continue;
    const name = lower.toUpperCase();
    const setting = { ...entry, ...entry[part] } as Setting;
    const text = env[name] || (presets[name] ?? setting.default);
    if (text === undefined) continue;
    read[name] = (readers[setting.kind] ?? readerOf(setting))(String(text));
    if (read[name] === undefined)
      faults.push(`${name}=${JSON.stringify(text)} is not allowed: ${allowedBy(setting)}`);
  }
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return read as PartSettings<P>;
}

function readerOf(setting: Setting): Reader {
  switch (setting.kind) {
    case 'whole':
      return (text) => (/^\d{1,15}$/.test(text) ? within(Number(text), setting) : undefined);
    case 'choice':
      return (text) => setting.values.find((value) => value === text);
    case 'duration':
      return (text) => within(durationMs(text), { min: 0, max: setting.max });
    case 'text':
      return (text) => (setting.pattern.test(text) ? text : undefined);
    default:
      throw new Error(`a part cannot read a setting of the kind ${setting.kind}`);
  }
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
  if ('allowed' in setting && setting.allowed !== undefined) return setting.allowed;
  if (setting.kind === 'choice') return setting.values.map((value) => value || 'nothing').join(' or ');
  return setting.kind === 'whole' ? `a whole number from ${setting.min} to ${setting.max}` : '';
}
