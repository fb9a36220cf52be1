import { z } from 'zod';
import { SETTINGS, type Setting } from '../../protocol/settings.ts';
import {
  aboutSetting,
  type Overrides,
  SETTING_NAMES,
  type SettingName,
  type Settings,
} from '../settings/schema.ts';
import { schemaOf } from './same-type.ts';
import { openWords } from './words.ts';

/** A setting as it stands in a document once it was read; bounds are those of who reads it, not of the document. */
function readValue(name: SettingName): z.ZodType {
  const setting: Setting = SETTINGS[name];
  switch (setting.kind) {
    case 'whole':
      return z.int();
    case 'cpus':
      return z.number();
    case 'ports':
      return z.tuple([z.int(), z.int()]);
    case 'choice':
      return openWords(setting.values);
    default:
      return z.string();
  }
}

function fieldOf(name: SettingName): z.ZodType {
  const { default: preset }: Setting = SETTINGS[name];
  const value = readValue(name).describe(aboutSetting(name).about);
  return preset === undefined ? value.optional() : value;
}

/** Settings as they were asked for: made from the table of settings, as their type is. */
export const askedSettings = z
  .object(Object.fromEntries(SETTING_NAMES.map((name) => [name, fieldOf(name)])) as Record<string, never>)
  .meta({
    id: 'asked',
    description: 'Settings as they were asked for; one that is absent is left as the system has it.',
  }) as unknown as z.ZodType<Settings>;

/** Some settings, as they are given. */
export const overrides = schemaOf<Overrides>()(
  z.partialRecord(z.enum(SETTING_NAMES), z.union([z.string(), z.number()])),
).meta({ id: 'overrides', description: 'Some settings by name, as they are given.' });
