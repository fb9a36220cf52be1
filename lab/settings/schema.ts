import { z } from 'zod';
import { durationMs } from '../../common/duration.ts';
import { allowedBy, within } from '../../protocol/read-settings.ts';
import { type Part, SETTINGS, type Setting, type Side } from '../../protocol/settings.ts';

type Table = typeof SETTINGS;

/** The name of a setting that can be given to the lab; what its parts keep to themselves is none. */
export type SettingName = { [N in keyof Table]: Table[N] extends { side: Side } ? N : never }[keyof Table];

/** What is known about a setting besides its type. */
export interface About {
  side: Side;
  about: string;
  /** What is allowed, as it stands in an error line. */
  allowed: string;
  /** Full kernel name of a sysctl. */
  sysctl?: string;
}

type ValueOf<Entry> = Entry extends { values: readonly (infer Value)[] }
  ? Value
  : Entry extends { kind: 'ports' }
    ? [number, number]
    : Entry extends { kind: 'duration' }
      ? string
      : number;

type Shape = {
  [N in SettingName]: Table[N] extends { default: unknown }
    ? z.ZodDefault<z.ZodType<ValueOf<Table[N]>>>
    : z.ZodOptional<z.ZodType<ValueOf<Table[N]>>>;
};

const TABLE: Record<SettingName, Setting> = SETTINGS;

/** All names, in the order in which they are listed. */
export const SETTING_NAMES = (Object.keys(SETTINGS) as SettingName[]).filter(
  (name) => TABLE[name].side !== undefined,
);

/** Every setting of the lab. Those without a default are left as the kernel has them. */
export const settingsSchema = z.object(
  Object.fromEntries(SETTING_NAMES.map((name) => [name, typeWithDefault(TABLE[name])])) as Shape,
);

/** Settings as asked for, all checked. */
export type Settings = z.infer<typeof settingsSchema>;

/** Some settings, as they are given. */
export type Overrides = Partial<Record<SettingName, string | number>>;

function typeWithDefault(setting: Setting): z.ZodType {
  const type = typeOf(setting);
  return 'default' in setting ? type.default(setting.default) : type.optional();
}

function typeOf(setting: Setting): z.ZodType {
  const text = z.string().trim();
  switch (setting.kind) {
    case 'whole':
      return z.coerce.number().int().min(setting.min).max(setting.max);
    case 'choice':
      return z.enum(setting.values);
    case 'duration':
      return text.refine((time) => within(durationMs(time), { min: 0, max: setting.max }) !== undefined);
    case 'cpus':
      return text
        .regex(/^\d{1,4}(\.\d{1,3})?$/)
        .transform(Number)
        .refine((cpus) => cpus === 0 || cpus >= 0.01);
    case 'ports':
      return text
        .regex(/^\d{1,5}[\s-]+\d{1,5}$/)
        .transform((range) => range.split(/[\s-]+/).map(Number) as [number, number])
        .refine(([first, last]) => first >= 1024 && last <= 65_535 && first <= last);
    default:
      throw new Error(`the lab has no setting of the kind ${setting.kind}`);
  }
}

/** Side, description and allowed values of a setting. */
export function aboutSetting(name: SettingName): About {
  const setting = TABLE[name];
  const { side, sysctl, about } = setting as Setting & { side: Side };
  const allowed =
    setting.kind === 'choice' ? setting.values.join(', ').replace(/, (\w+)$/, ' or $1') : allowedBy(setting);
  return { side, ...(sysctl && { sysctl }), about, allowed };
}

/** The names of one side. */
export function settingsOf(side: Side): SettingName[] {
  return SETTING_NAMES.filter((name) => TABLE[name].side === side);
}

/** The settings that a part takes, as its environment. */
export function environmentOf(part: Part, settings: Settings): Record<string, string> {
  const names = SETTING_NAMES.filter((name) => TABLE[name].parts?.includes(part));
  return Object.fromEntries(names.map((name) => [name.toUpperCase(), String(settings[name])]));
}
