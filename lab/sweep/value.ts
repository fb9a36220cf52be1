import { aboutSetting, type SettingName, settingsSchema } from '../settings/schema.ts';
import { badValue, type Given } from '../settings/setting-sources.ts';

/**
 * A value of a setting in the one way of writing it (`007` → `7`, `40000 40099` → `40000-40099`), so that equal values
 * are equal text. Throws UsageError for a value that the setting does not take.
 */
export function canonical(name: SettingName, { value, where }: Given): string {
  const text = value.trim();
  const numeric = aboutSetting(name).allowed.startsWith('a whole number');
  const parsed = settingsSchema.shape[name].safeParse(text);
  if (text === '' || !parsed.success || (numeric && !/^\d+$/.test(text))) throw badValue(name, value, where);
  return valueText(parsed.data);
}

/** A checked value as text: `4096`, `40000-40099`. */
export function valueText(value: unknown): string {
  return Array.isArray(value) ? value.join('-') : String(value);
}

/** As it stands in a document: a number where it is one. */
export function plainValue(text: string): string | number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
